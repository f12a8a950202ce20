import { logStream, subjectsOf } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import { jetStreamOf, NatsLog } from '@faultline/messaging';
import type { RecordWriter } from '@faultline/record';
import { RecordIntake } from '../../apps/event-log/src/record-intake';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { freshPorts, type TestPorts, TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { scenarioOf } from '../kit/scenario';

const MIB = 1024 ** 2;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

/** A disk that takes nothing until it is told to. */
class StuckDisk {
  position = 0;
  readonly written: number[] = [];
  private open: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  async append(batch: readonly LogMessage[]): Promise<void> {
    await this.opened;
    for (const { sequence } of batch) this.written.push(sequence);
    this.position = batch.at(-1)?.sequence ?? this.position;
  }

  release(): void {
    this.open();
  }
}

const MESSAGES = 1_000;
const BYTES = 64 * 1024;

/** A laboratory whose log has 64 MB in it. */
async function longLog(): Promise<TestPorts> {
  const ports = await freshPorts(server, { logMaxBytes: 256 * MIB });
  const subject = subjectsOf(ports.lab).hwLog(0);
  const body = Buffer.alloc(BYTES, 'x');
  const headers = { schema: 'iommu.hw', version: 1, unit: 'iommu.0', epoch: 1, cycle: 1 };
  for (let n = 0; n < MESSAGES; n += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => ports.log.append({ subject, headers, body, id: `m${n + i}` })),
    );
  return ports;
}

/** Keeps the thread busy. */
function work(millis: number): void {
  const until = performance.now() + millis;
  while (performance.now() < until);
}

describe('a reader that is slower than the log', () => {
  it('holds no more than its bound while the disk takes nothing, and misses nothing', async () => {
    const ports = await longLog();
    const disk = new StuckDisk();
    const failures: Error[] = [];
    const intake = new RecordIntake({
      log: ports.log,
      writer: disk as unknown as RecordWriter,
      clock: ports.clock,
      subject: subjectsOf(ports.lab).allLog,
      limits: { messages: MESSAGES, bytes: 4 * MIB },
      onDelay: (error) => failures.push(error),
      onFailure: (error) => failures.push(error),
    });
    await intake.start();
    await eventually('the reading is paused', () => intake.pauses > 0);
    // One transaction waits for the disk, and as much again for the next.
    expect(intake['taken'] * BYTES).toBeLessThan(2 * 4 * MIB + 2 * BYTES);
    disk.release();
    await intake.recorded(MESSAGES);
    expect(disk.written).toEqual(Array.from({ length: MESSAGES }, (_, i) => i + 1));
    expect(intake.pauses).toBeGreaterThan(3);
    expect(failures).toEqual([]);
    await intake.stop();
    await ports.link.close();
  }, 60_000);

  it('leaves what it has not read in the socket and on the server, not in this process', async () => {
    const ports = await longLog();
    const link = await server.link();
    const errors: Error[] = [];
    let [read, most] = [0, 0];
    const following = await new NatsLog(link, { lab: ports.lab }).follow({
      subject: subjectsOf(ports.lab).allLog,
      fromSequence: 1,
      onMessage: ({ sequence }) => {
        read = sequence;
        work(1);
        most = Math.max(most, link.nc.stats().inBytes - read * BYTES);
      },
      onError: (error) => errors.push(error),
    });
    await eventually('all is read', () => read === MESSAGES, 60_000);
    // At the start the reader holds a window of the server's flow control, until it knows that nothing was trimmed before.
    expect(most).toBeLessThan(4 * MIB);
    expect(errors).toEqual([]);
    await following.stop();
    await link.close();
    await ports.link.close();
  }, 90_000);
});

describe('a log that is nearly full', () => {
  it('stops the devices at 80 %, and lets them go on, with nothing lost, when it has room again', async () => {
    // A fourteenth of the log in a second, for two looks at how full it is are a second apart: the last part must suffice.
    const workload = { accesses: 1_500, ratePerSecond: 100, outstanding: 16 };
    const scenario = scenarioOf({ framesPerShard: 40, devices: [{ credits: 8, workloads: [workload] }] });
    const lab = await NatsLaboratory.open(server, scenario, { logMaxBytes: MIB });
    const { log } = lab.stranger.ports;
    try {
      await lab.laboratory.begin();
      let [last, sinceMillis] = [-1, performance.now()];
      await eventually(
        'nothing goes on',
        () => {
          const { count } = lab.laboratory.accesses;
          if (lab.laboratory.advance() || count !== last) [last, sinceMillis] = [count, performance.now()];
          return performance.now() - sinceMillis > 3_000;
        },
        100_000,
      );
      const fill = await log.fill();
      expect(fill).toBeGreaterThanOrEqual(0.8);
      expect(fill).toBeLessThan(1);
      const { devices, iommus, mm } = lab.laboratory.progress();
      expect(devices.finished).toBe(false);
      // What was accepted before came to its end: the last part of the log is for that.
      expect([iommus.drained, mm.drained]).toEqual([true, true]);
      expect(devices.issued - devices.ended).toBeLessThanOrEqual(16);
      const jsm = await jetStreamOf(lab.stranger.link);
      await jsm.streams.update(logStream(lab.laboratory.lab), { max_bytes: 64 * MIB });
      expect(lab.judge(await lab.finish()).complaints).toEqual([]);
    } finally {
      await lab.close();
    }
  }, 180_000);
});
