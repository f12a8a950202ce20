import { readersOfLog, subjectsOf } from '@faultline/contracts';
import { type LogMessage, LogTrimmed } from '@faultline/hosting';
import { SnapshotIndex } from '@faultline/units';
import { LogTrimmer } from '../../apps/event-log/src/log-trimmer';
import { eventually, rejectionOf } from '../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { auditLog, complaintsOf } from '../kit/audit-log';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { scenarioOf } from '../kit/scenario';

const LOG_BYTES = 512 * 1024;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

/** Reads the log from its beginning as the record does, and trims it as the event log does, only more often. */
async function record(
  lab: NatsLaboratory,
): Promise<{ messages: LogMessage[]; trims: number; stop(): Promise<void> }> {
  const { laboratory, stranger, subjects } = lab;
  const { log, snapshotIndex, clock } = stranger.ports;
  const [messages, fail] = [[] as LogMessage[], (error: Error) => void laboratory.failures.push(error)];
  const following = await log.follow({
    subject: subjects.allLog,
    fromSequence: 1,
    onMessage: (message) => messages.push({ ...message, body: message.body.slice() }),
    onError: fail,
  });
  const trimmer = new LogTrimmer({
    log,
    clock,
    snapshots: new SnapshotIndex(snapshotIndex),
    readers: readersOfLog(laboratory.scenario, subjectsOf(laboratory.lab)),
    recorded: () => Promise.resolve(messages.at(-1)?.sequence ?? 0),
    above: 0.25,
    onTrimmed: () => (recording.trims += 1),
    onHeld: () => undefined,
    onDelay: fail,
  });
  let stopped = false;
  const trimming = (async () => {
    while (!stopped) {
      await trimmer.look();
      await new Promise((resolve) => clock.after(100_000, () => resolve(undefined)));
    }
  })().catch(fail);
  const recording = {
    messages,
    trims: 0,
    stop: async () => {
      stopped = true;
      await trimming;
      await following.stop();
    },
  };
  return recording;
}

describe('D13 a log that is much smaller than the run', () => {
  it('never holds the devices up, is whole in the record, and is enough for every new owner', async () => {
    const scenario = scenarioOf({
      framesPerShard: 64,
      devices: [{ credits: 8, workloads: [{ accesses: 6_000, pages: 512, outstanding: 16 }] }],
    });
    const lab = await NatsLaboratory.open(server, scenario, {
      logMaxBytes: LOG_BYTES,
      snapshotEvents: 1_000,
    });
    const recording = await record(lab);
    try {
      await lab.laboratory.begin();
      for (const [ended, whom] of [
        [1_500, 'iommu'],
        [3_000, 'mm-handler'],
        [4_500, 'device-emulator'],
      ] as const) {
        await lab.ended(ended);
        await lab.laboratory.replace(whom, 'killed');
      }
      const last = await lab.end();
      await eventually('the whole record', () => recording.messages.at(-1)?.sequence === last);
      const { messages } = recording;
      expect(messages.map(({ sequence }) => sequence)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      expect(complaintsOf(auditLog(messages, scenario))).toEqual([]);
      expect([...lab.laboratory.accesses.all.values()].filter(({ ends }) => ends.length !== 1)).toEqual([]);
      // It was tried: the run wrote several logs full, and its beginning is gone.
      const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
      expect(bytes).toBeGreaterThan(3 * LOG_BYTES);
      expect(recording.trims).toBeGreaterThan(3);
      const { log } = lab.stranger.ports;
      const fromTheBeginning = { subject: lab.subjects.allLog, fromSequence: 1 };
      const refused = log.follow({
        ...fromTheBeginning,
        onMessage: () => undefined,
        onError: () => undefined,
      });
      expect(await rejectionOf(refused)).toBeInstanceOf(LogTrimmed);
    } finally {
      await recording.stop();
      await lab.close();
    }
  }, 120_000);
});
