import { EmptyResponseException } from '@nestjs/microservices/errors/empty-response.exception';
import { type Observable, NEVER, of, throwError } from 'rxjs';
import { subjectsOf } from '@faultline/contracts';
import { ControlPlane, Unanswered } from './control-plane';

const scenario = {
  devices: [{ device: 0, iommu: 3, segment: 3 }],
  iommus: [{ iommu: 3, segment: 3 }],
  processes: [],
  shards: [],
} as never;

describe('the control plane', () => {
  const asked: [subject: string, request: unknown][] = [];
  const answering = (answer: Observable<unknown>): ControlPlane =>
    new ControlPlane(
      {
        send: <T>(subject: string, request: unknown) => {
          asked.push([subject, request]);
          return answer as Observable<T>;
        },
      },
      subjectsOf('run-1'),
      scenario,
    );

  test('a question goes to the subject of its laboratory', async () => {
    await expect(answering(of({ forced: false })).ask('iommu.remove', { device: 0 })).resolves.toEqual({
      forced: false,
    });
    expect(asked.at(-1)).toEqual([
      'run-1.ctl.iommu.remove',
      { device: 0, unit: 'iommu.3', ask: expect.any(String) as string },
    ]);
  });

  test.each([
    [
      throwError(() => ({ error: 'VmaOverlap', message: 'areas overlap' })),
      /^service iommu refused iommu\.attach: areas overlap \(VmaOverlap\)$/,
    ],
    [
      throwError(() => new EmptyResponseException('iommu.attach')),
      /^no service answers iommu\.attach: is iommu running\?$/,
    ],
    [NEVER, /^service iommu did not answer iommu\.attach within 0\.01 s; see its log$/],
    [throwError(() => new Error('closed')), /^asking iommu\.attach failed: closed$/],
  ])('what goes wrong is one line', async (answer, line) => {
    await expect(answering(answer).ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(line);
  });

  /** Nobody is there for the first questions. */
  const absentFor = (questions: number, absenceMillis: number) => {
    let sent = 0;
    const absence = throwError(() => new EmptyResponseException('iommu.attach'));
    const send = <T>(): Observable<T> => (++sent > questions ? of({} as T) : (absence as Observable<T>));
    const control = new ControlPlane({ send }, subjectsOf('run-1'), scenario, absenceMillis);
    return { control, sent: () => sent };
  };

  test('a question that reaches nobody is asked again, as long as a service may be away', async () => {
    const { control, sent } = absentFor(1, 60_000);
    await expect(control.ask('iommu.attach', { device: 0 })).resolves.toEqual({});
    expect(sent()).toBe(2);
  });

  test('after that, and for a look at progress sooner, it is told as unanswered', async () => {
    await expect(absentFor(9, 300).control.ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(
      Unanswered,
    );
    const look = absentFor(1, 60_000);
    await expect(look.control.look('iommu.progress', 10)).rejects.toThrow(Unanswered);
    expect(look.sent()).toBe(1);
  });

  test('where somebody looks on, that nobody listens is told soon', async () => {
    const nobody = throwError(() => new EmptyResponseException('iommu.attach'));
    const send = <T>(): Observable<T> => nobody as Observable<T>;
    const control = new ControlPlane({ send }, subjectsOf('run-1'), scenario, 0, 0);
    await expect(control.ask('iommu.attach', { device: 0 }, 60_000)).rejects.toThrow(
      /^no service answers iommu\.attach: is iommu running\?$/,
    );
  });

  test('a question that got lost with the connection is asked again, and in the end told as unanswered', async () => {
    const lost = throwError(() => 'Error: Connection lost. Trying to reconnect...');
    let sent = 0;
    const send = <T>(): Observable<T> => (++sent > 1 ? of({ drained: true } as T) : (lost as Observable<T>));
    const control = new ControlPlane({ send }, subjectsOf('run-1'), scenario);
    await expect(control.ask('iommu.progress', {})).resolves.toEqual({ drained: true });
    expect(sent).toBe(2);
    await expect(answering(lost).ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(
      /^service iommu did not answer iommu\.attach within 0\.01 s; see its log$/,
    );
  });

  test('one that was received and not answered is asked again under the same name, in case its owner died', async () => {
    const asks: unknown[] = [];
    const send = <T>(_subject: string, request: unknown): Observable<T> => {
      asks.push((request as { ask: string }).ask);
      return asks.length > 1 ? of({} as T) : NEVER;
    };
    const control = new ControlPlane({ send }, subjectsOf('run-1'), scenario);
    await expect(control.ask('iommu.attach', { device: 0 })).resolves.toEqual({});
    expect(asks[1]).toBe(asks[0]);
  });

  test('while the server is away a question waits, as long as a unit may be without an owner', async () => {
    let sent = 0;
    // The transporter rejects with a text, as Nest's own does.
    const away = throwError(() => 'Error: Connection lost. Trying to reconnect...');
    const send = <T>(): Observable<T> => (++sent > 1 ? of({} as T) : (away as Observable<T>));
    const control = new ControlPlane({ send }, subjectsOf('run-1'), scenario);
    await expect(control.ask('iommu.attach', { device: 0 })).resolves.toEqual({});
    const never = new ControlPlane({ send: <T>() => away as Observable<T> }, subjectsOf('run-1'), scenario);
    await expect(never.ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(Unanswered);
  });

  test('what is said between two owners is no answer', async () => {
    let sent = 0;
    const gone = throwError(() => ({ error: 'UnitClosed', message: 'handed over' }));
    const send = <T>(): Observable<T> => (++sent > 1 ? of({ forced: false } as T) : (gone as Observable<T>));
    const control = new ControlPlane({ send }, subjectsOf('run-1'), scenario);
    await expect(control.ask('iommu.remove', { device: 0 })).resolves.toEqual({ forced: false });
  });
});
