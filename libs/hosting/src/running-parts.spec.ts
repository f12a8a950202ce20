import { rejectionOf } from './testkit/eventually.testkit';
import { RunningParts } from './running-parts';
import { UnitClosed } from './unit-host';

/** A part that opens when the test says so. */
function part() {
  const stop = jest.fn(() => Promise.resolve());
  let open = (): void => undefined;
  const opening = jest.fn(
    () => new Promise<{ stop(): Promise<void> }>((resolve) => (open = () => resolve({ stop }))),
  );
  return { stop, opening, open: () => open() };
}

describe('what a unit runs beside itself', () => {
  it('is stopped with it', async () => {
    const parts = new RunningParts();
    const one = part();
    const opened = parts.open(one.opening);
    one.open();
    await opened;
    parts.refuseClosed();
    await parts.stop();
    expect(one.stop).toHaveBeenCalledTimes(1);
  });

  it('is stopped at once when it opens after its unit was lost, and nothing more is opened', async () => {
    const parts = new RunningParts();
    const [late, never] = [part(), part()];
    const opened = rejectionOf(parts.open(late.opening));
    await parts.stop();
    late.open();
    expect(await opened).toBeInstanceOf(UnitClosed);
    expect(late.stop).toHaveBeenCalledTimes(1);
    expect(await rejectionOf(parts.open(never.opening))).toBeInstanceOf(UnitClosed);
    expect(never.opening).not.toHaveBeenCalled();
    expect(() => parts.refuseClosed()).toThrow(UnitClosed);
  });
});
