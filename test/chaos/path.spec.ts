import { ownersBucket, subjectsOf } from '@faultline/contracts';
import { preferredOwner } from './kit/lab-run';
import { chaosScenario } from './kit/scenario';
import { ChaosSystem } from './kit/system';
import { Stranger } from './kit/stranger';
import { until } from './kit/until';

const counts = { 'event-log': 1, 'mm-handler': 2, iommu: 2, 'device-emulator': 2, 'iopf-worker': 2 };
const scenario = chaosScenario({ accesses: 900, ratePerSecond: 600 });
const LEASE_MILLIS = 1_000;
const PATIENCE_MILLIS = 150_000;

const cabled = preferredOwner('iommu.0', counts);

/** Failures of processes that own no unit. */
const failures = [
  {
    title: 'a worker that has taken work',
    instance: 'iopf-worker-1',
    rules: ['work.before-handle@worker-takes.log#2=kill'],
    lab: 'worker-takes',
  },
  {
    title: 'a worker that has handled groups and not said so',
    instance: 'iopf-worker-1',
    rules: ['log.before-append@worker-handles.log#2=kill'],
    lab: 'worker-handles',
  },
  {
    title: 'a worker whose results are in the log, before it acknowledges its work',
    instance: 'iopf-worker-1',
    rules: ['work.before-ack@worker-acks.log#2=kill'],
    lab: 'worker-acks',
  },
  {
    title: 'an event log before it commits',
    instance: 'event-log-1',
    rules: ['record.before-commit@record-before#4=kill'],
    lab: 'record-before',
  },
  {
    title: 'an event log after it has committed',
    instance: 'event-log-1',
    rules: ['record.after-commit@record-after#4=kill'],
    lab: 'record-after',
  },
];

/** What comes twice or not at all, without anybody dying of it. */
const repeated: Record<string, string[]> = {
  [preferredOwner('iommu.0', counts)]: [
    'log.after-append@twice.log.iommu.0.hw#6=error',
    'lane.before-handle@twice.cmd.iommu.0.page-request#3+=duplicate',
  ],
  [preferredOwner('mm.0', counts)]: [
    'log.before-append@twice.log.mm.0#4=error',
    'lane.before-handle@twice.cmd.mm.0.handle#2+=duplicate',
  ],
  'iopf-worker-1': ['work.before-ack@twice.log#2=error', 'work.before-handle@twice.log#3=duplicate'],
};

let system: ChaosSystem;
beforeAll(async () => {
  const failpoints: Record<string, string[]> = {};
  for (const { instance, rules } of failures) (failpoints[instance] ??= []).push(...rules);
  for (const [instance, rules] of Object.entries(repeated)) (failpoints[instance] ??= []).push(...rules);
  system = await ChaosSystem.start({ leaseMillis: LEASE_MILLIS, counts, failpoints, cables: [cabled] });
}, 60_000);
afterAll(async () => {
  expect((await system?.close()) ?? []).toEqual([]);
}, 60_000);

describe('nothing is lost or answered twice when a process is killed', () => {
  it.each(failures)(
    '$title',
    async ({ lab, instance, rules }) => {
      const victim = system.fleet.member(instance);
      const verdict = await system.run(lab, scenario, async (run) => {
        for (const rule of rules) await run.fired(victim, rule);
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );

  it(
    'the NATS server',
    async () => {
      const verdict = await system.run('nats-dies', scenario, async (run) => {
        await run.ended(300);
        await system.crashNats();
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );
});

describe('nothing is lost or answered twice when the network fails', () => {
  it(
    'between one replica and NATS, silently and longer than a lease',
    async () => {
      const cable = system.fleet.cableOf(cabled);
      const verdict = await system.run('cut', scenario, async (run) => {
        await run.ended(200);
        run.tell(`cut ${cabled} off silently`);
        cable.cutSilently();
        await run.takenFrom(system.fleet.member(cabled).pid, 'iommu.0');
        run.tell('heal');
        cable.heal();
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );

  it(
    'by breaking the connections of one replica',
    async () => {
      const cable = system.fleet.cableOf(cabled);
      const verdict = await system.run('broken', scenario, async (run) => {
        await run.ended(200);
        run.tell(`break the connections of ${cabled}`);
        cable.cutOff();
        await run.takenFrom(system.fleet.member(cabled).pid, 'iommu.0');
        run.tell('heal');
        cable.heal();
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );

  it(
    'by being slow, for one replica',
    async () => {
      const cable = system.fleet.cableOf(cabled);
      const verdict = await system.run('slow', scenario, async (run) => {
        await run.ended(100);
        run.tell(`slow ${cabled} down by 40 ms`);
        cable.slow(40);
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );

  it(
    'by repeating and losing what is said',
    async () => {
      const verdict = await system.run('twice', scenario, async (run) => {
        for (const [instance, rules] of Object.entries(repeated))
          for (const rule of rules) await run.fired(system.fleet.member(instance), rule);
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );
});

describe('nothing is lost or answered twice', () => {
  it(
    'when a stranger says again what it hears, and sends some of it damaged',
    async () => {
      const subjects = subjectsOf('strangers');
      const lanes = [0, 1].flatMap((unit) => [
        subjects.translate(unit),
        subjects.pageRequest(unit),
        subjects.handle(unit),
        subjects.invalidateIommu(unit),
        subjects.invalidateSegment(unit),
      ]);
      const stranger = new Stranger(system.link.nc, lanes, 10);
      const verdict = await system.run('strangers', scenario, async (run) => {
        await run.ended(300);
        await run.repeatLast(subjects.iopfLog(0), 10);
        await run.ended(1_200);
        stranger.stop();
        run.expectedDeadLetters = stranger.damaged;
        run.tell(`${stranger.repeated} requests were said again, ${stranger.damaged} sent damaged`);
      });
      expect(verdict.complaints).toEqual([]);
      expect(stranger.repeated).toBeGreaterThan(100);
      expect(stranger.damaged).toBeGreaterThan(10);
      expect(verdict.summary.audit.eventsByKind['ResultDropped']).toBeGreaterThanOrEqual(10);
    },
    PATIENCE_MILLIS,
  );

  it(
    'when the bucket of leases is deleted, and the owner of a unit is killed after it',
    async () => {
      const verdict = await system.run('bucket', scenario, async (run) => {
        await run.ended(200);
        run.tell('delete the bucket of leases');
        const bucket = `KV_${ownersBucket('bucket')}`;
        const { created } = await system.jsm.streams.info(bucket);
        await system.jsm.streams.delete(bucket);
        run.ownerOf('mm.0').kill();
        const again = (): Promise<boolean> =>
          system.jsm.streams.info(bucket).then(
            (info) => info.created !== created,
            () => false,
          );
        await until('the bucket is made again', again, 60_000);
        run.tell('the bucket is there again');
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );

  it(
    'when two processes go by one name',
    async () => {
      const namesake = system.fleet.member('iommu-1');
      const twin = system.fleet.twin(namesake);
      const verdict = await system.run('twins', scenario, async (run) => {
        await run.ended(100);
        run.tell(`start another ${twin.instance}`);
        twin.start();
        await until('the other one owns something', () => twin.hasSaid('unit owned'), 60_000);
        run.tell('it owns something');
        await run.ended(600);
        await twin.leave();
        run.tell('it leaves');
      });
      expect(verdict.complaints).toEqual([]);
    },
    PATIENCE_MILLIS,
  );
});
