import { ManualClock, MemoryKv, type LogPort } from '@faultline/hosting';
import { SnapshotIndex } from '@faultline/units';
import { type Held, LogTrimmer } from './log-trimmer';

const HW = 'lab.log.iommu.0.hw';
const MM = 'lab.log.mm.0';
const READERS = new Map([
  [HW, ['iommu.0']],
  [MM, ['mm.0', 'iommu.0']],
]);

/** A log of which only the fill is told, and that notes how it was trimmed. */
function setUp({ fills = [0.6, 0.2], recorded = 1_000, above = 0.5 } = {}) {
  const trims: Record<string, number>[] = [];
  const left = [...fills];
  const log: Pick<LogPort, 'fill' | 'trim'> = {
    fill: () => Promise.resolve(left.length > 1 ? (left.shift() ?? 0) : (left[0] ?? 0)),
    trim: (floors) => {
      trims.push(Object.fromEntries(floors));
      return Promise.resolve();
    },
  };
  const [snapshots, clock] = [new SnapshotIndex(new MemoryKv()), new ManualClock()];
  const [trimmed, held, delays]: [unknown[], Held[], Error[]] = [[], [], []];
  const trimmer = new LogTrimmer({
    log,
    snapshots,
    clock,
    readers: READERS,
    recorded: () => Promise.resolve(recorded),
    above,
    onTrimmed: (each) => trimmed.push(each),
    onHeld: (each) => held.push(each),
    onDelay: (error) => delays.push(error),
  });
  const snapshot = (unit: string, read: Record<string, number>): Promise<boolean> => {
    const ordinal = Math.max(...Object.values(read));
    const blob = `${unit}/1/${ordinal}`;
    return snapshots.advance({ unit, blob, epoch: 1, ordinal, stateVersion: 1, madeBy: '0.1.0', read });
  };
  return { trimmer, snapshot, clock, log, trims, trimmed, held, delays };
}

describe('D13 the trimming of the log', () => {
  it('goes, subject by subject, as far as all have it that would read it', async () => {
    const { trimmer, snapshot, trims, trimmed } = setUp();
    await snapshot('iommu.0', { [HW]: 500, [MM]: 480 });
    await snapshot('mm.0', { [MM]: 700 });
    await trimmer.look();
    expect(trims).toEqual([{ [HW]: 501, [MM]: 481 }]);
    expect(trimmed).toEqual([{ before: 0.6, after: 0.2 }]);
  });

  it('does not go beyond what the record has on its disk', async () => {
    const { trimmer, snapshot, trims } = setUp({ recorded: 300 });
    await snapshot('iommu.0', { [HW]: 500, [MM]: 480 });
    await snapshot('mm.0', { [MM]: 700 });
    await trimmer.look();
    expect(trims).toEqual([{ [HW]: 301, [MM]: 301 }]);
  });

  it('leaves everything that a unit without a snapshot reads', async () => {
    const { trimmer, snapshot, trims } = setUp();
    await snapshot('iommu.0', { [HW]: 500, [MM]: 480 });
    await trimmer.look();
    expect(trims).toEqual([{ [HW]: 501, [MM]: 1 }]);
  });

  it('waits until the log is fuller than it should be', async () => {
    const { trimmer, trims } = setUp({ fills: [0.5] });
    await trimmer.look();
    expect(trims).toEqual([]);
  });

  it('says once who holds the log, and again when it is somebody else', async () => {
    const { trimmer, snapshot, held } = setUp({ fills: [0.7] });
    await trimmer.look();
    await trimmer.look();
    await snapshot('iommu.0', { [HW]: 500, [MM]: 480 });
    await trimmer.look();
    await snapshot('mm.0', { [MM]: 700 });
    await trimmer.look();
    expect(held).toEqual([
      { reader: 'iommu.0', subject: HW, sequence: 0, fill: 0.7 },
      { reader: 'mm.0', subject: MM, sequence: 0, fill: 0.7 },
      { reader: 'iommu.0', subject: MM, sequence: 480, fill: 0.7 },
    ]);
  });

  it('looks again and again, also after a look that failed, until it is stopped', async () => {
    const { trimmer, clock, log, trims, delays } = setUp({ fills: [0.7] });
    const { fill } = log;
    log.fill = () => Promise.reject(new Error('no answer'));
    const look = async (): Promise<void> => {
      clock.advance(5_000_000);
      // A look is some promises long, whose number is nobody's business.
      await new Promise((resolve) => setImmediate(resolve));
    };
    trimmer.start();
    await look();
    expect(delays.map(({ message }) => message)).toEqual(['no answer']);
    log.fill = fill;
    await look();
    await look();
    expect(trims).toHaveLength(2);
    await trimmer.stop();
    await look();
    expect(trims).toHaveLength(2);
  });

  it('is left alone where it is switched off', async () => {
    const { trimmer, clock, trims } = setUp({ fills: [0.9], above: 1 });
    trimmer.start();
    clock.advance(60_000_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(trims).toEqual([]);
  });
});
