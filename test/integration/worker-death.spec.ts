import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { costProfiles } from '@faultline/contracts';
import type { LogMessage, WorkMessage } from '@faultline/hosting';
import { entryPoint } from '../../apps/lab/src/run/plan';
import { ServiceProcess } from '../../apps/lab/src/run/service-process';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { auditLog, complaintsOf } from '../kit/audit-log';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { scenarioOf } from '../kit/scenario';

const ACK_WAIT_MILLIS = 1_500;
const VICTIM = 'iopf-worker-victim';
const START_MILLIS = 60_000;

let server: TestServer;
let directory: string;
beforeAll(async () => {
  server = await TestServer.start();
  directory = await mkdtemp(join(tmpdir(), 'faultline-death-'));
}, 30_000);
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Handling takes so long that a worker always holds something. */
const scenario = scenarioOf({
  cost: { ...costProfiles.none, handlerMicros: { median: 15_000, p99: 15_000 } },
  framesPerShard: 24,
  devices: [{ credits: 32, workloads: [{ accesses: 1_500, outstanding: 32 }] }],
});

function victimOf(lab: NatsLaboratory): ServiceProcess {
  return new ServiceProcess({
    instance: VICTIM,
    script: entryPoint('iopf-worker'),
    environment: {
      ...process.env,
      NATS_URL: server.url,
      FAULTLINE_LAB: lab.laboratory.lab,
      FAULTLINE_INSTANCE: VICTIM,
      LOG_LEVEL: 'warn',
    },
    logFile: join(directory, 'victim.log'),
  });
}

it('the groups of a killed worker go on with another one after the deadline, and every access ends once', async () => {
  const redelivered: { sequence: number; atMillis: number }[] = [];
  const lab = await NatsLaboratory.open(server, scenario, {
    ackWaitMillis: ACK_WAIT_MILLIS,
    through: (ports) => ({
      ...ports,
      work: {
        work: ({ onWork, ...options }) => {
          const watched = (message: WorkMessage): void => {
            if (message.deliveries > 1)
              redelivered.push({ sequence: message.sequence, atMillis: performance.now() });
            onWork(message);
          };
          return ports.work.work({ ...options, onWork: watched });
        },
      },
    }),
  });
  const victim = victimOf(lab);
  try {
    const results: LogMessage[] = [];
    await lab.stranger.ports.log.follow({
      subject: lab.subjects.iopfLog(0),
      fromSequence: 1,
      onMessage: (message) => results.push(message),
      onError: (error) => lab.laboratory.failures.push(error),
    });
    await lab.laboratory.begin();
    const works = (): boolean => results.some(({ headers }) => headers.unit === VICTIM);
    await eventually('the victim works', () => lab.laboratory.advance() || works(), START_MILLIS);
    victim.kill();
    const killedMillis = performance.now();
    expect((await victim.ended).signal).toBe('SIGKILL');
    expect(lab.laboratory.advance()).toBe(false);
    const log = await lab.finish();
    expect(complaintsOf(auditLog(log, scenario))).toEqual([]);
    const accesses = [...lab.laboratory.accesses.all.values()];
    expect(accesses.filter(({ ends }) => ends.join() !== 'completed')).toEqual([]);
    expect(redelivered.length).toBeGreaterThan(0);
    // The deadline runs from the delivery, or from when the victim last said that it was at it.
    for (const { atMillis } of redelivered) {
      expect(atMillis - killedMillis).toBeGreaterThan(0);
      expect(atMillis - killedMillis).toBeLessThan(ACK_WAIT_MILLIS + 2_000);
    }
  } finally {
    victim.kill();
    await lab.close();
  }
}, 120_000);
