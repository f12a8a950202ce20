import { preferredOwner } from './kit/lab-run';
import { chaosScenario } from './kit/scenario';
import { ChaosSystem } from './kit/system';

const LEASE_MILLIS = 1_000;
const counts = { 'event-log': 1, 'mm-handler': 2, iommu: 2, 'device-emulator': 2, 'iopf-worker': 2 };
const scenario = chaosScenario({ accesses: 900, ratePerSecond: 600 });

/** Where the owner of a unit fails; `LAB` stands for the laboratory in which it does. */
interface Failure {
  title: string;
  unit: string;
  rule: string;
}

const killed: readonly Failure[] = [
  {
    title: 'an IOMMU before it appends a queue message',
    unit: 'iommu.0',
    rule: 'log.before-append@LAB.log.iommu.0.queue#4=kill',
  },
  {
    title: 'an IOMMU between a queue message and its hw message',
    unit: 'iommu.0',
    rule: 'log.after-append@LAB.log.iommu.0.queue#4=kill',
  },
  {
    title: 'an IOMMU after its hw message, before anybody hears of it',
    unit: 'iommu.0',
    rule: 'log.after-append@LAB.log.iommu.0.hw#9=kill',
  },
  {
    title: 'an IOMMU after what was asked of it is done, before it says so',
    unit: 'iommu.0',
    rule: 'lane.before-reply@LAB.cmd.iommu.0.page-request#5=kill',
  },
  {
    title: 'an IOMMU that holds stalled transactions',
    unit: 'iommu.1',
    rule: 'log.after-append@LAB.log.iommu.1.hw#9=kill',
  },
  { title: 'an mm shard before it appends', unit: 'mm.0', rule: 'log.before-append@LAB.log.mm.0#6=kill' },
  {
    title: 'an mm shard after it has appended, before it answers',
    unit: 'mm.0',
    rule: 'lane.before-reply@LAB.cmd.mm.0.handle#5=kill',
  },
  {
    title: 'a device emulator with requests under way',
    unit: 'segment.0',
    rule: 'lane.before-request@LAB.cmd.iommu.0.page-request#6=kill',
  },
];

const frozen: readonly Failure[] = [
  { title: 'an IOMMU', unit: 'iommu.0', rule: 'log.before-append@LAB.log.iommu.0.hw#8=stop' },
  { title: 'an mm shard', unit: 'mm.0', rule: 'log.before-append@LAB.log.mm.0#6=stop' },
  { title: 'a device emulator', unit: 'segment.1', rule: 'log.before-append@LAB.log.segment.1#6=stop' },
];

/** Whoever is killed before the devices start may be back by then, so the unit need not have changed hands. */
const claimed: Failure = {
  title: 'a replica that has claimed a unit and not opened it',
  unit: 'mm.1',
  rule: 'kv.after-put@LAB.unit.mm.1=kill',
};

const handedOver: Failure = {
  title: 'a replica that has closed a unit and not released it',
  unit: 'iommu.1',
  rule: 'kv.before-delete@LAB.unit.iommu.1=kill',
};

interface Case extends Failure {
  lab: string;
  instance: string;
}

const caseOf = (failure: Failure, lab: string): Case => ({
  ...failure,
  lab,
  rule: failure.rule.replaceAll('LAB', lab),
  instance: preferredOwner(failure.unit, counts),
});
const kills = killed.map((failure, place) => caseOf(failure, `kill-${place}`));
const freezes = frozen.map((failure, place) => caseOf(failure, `freeze-${place}`));
const claim = caseOf(claimed, 'claim');
const handOver = caseOf(handedOver, 'hand-over');

/** How long units were without an owner, in milliseconds. */
const takeovers: number[] = [];
let system: ChaosSystem;
beforeAll(async () => {
  const failpoints: Record<string, string[]> = {};
  for (const { instance, rule } of [...kills, ...freezes, claim, handOver])
    (failpoints[instance] ??= []).push(rule);
  system = await ChaosSystem.start({ leaseMillis: LEASE_MILLIS, counts, failpoints });
}, 60_000);
afterAll(async () => {
  expect((await system?.close()) ?? []).toEqual([]);
}, 60_000);

describe('nothing is lost or answered twice when a process is killed', () => {
  it.each(kills)(
    '$title',
    async ({ lab, unit, rule, instance }) => {
      const victim = system.fleet.member(instance);
      const verdict = await system.run(lab, scenario, async (run) => {
        const { pid } = victim;
        await run.fired(victim, rule);
        takeovers.push(await run.takenFrom(pid, unit));
      });
      expect(verdict.complaints).toEqual([]);
    },
    150_000,
  );

  it('and what it owned is served again within 2 s of the end of its lease', () => {
    expect(takeovers).toHaveLength(kills.length);
    for (const tookMillis of takeovers) expect(tookMillis).toBeLessThan(LEASE_MILLIS + 2_000);
  });

  it(
    claim.title,
    async () => {
      const { lab, rule, instance } = claim;
      const verdict = await system.run(lab, scenario, (run) =>
        run.fired(system.fleet.member(instance), rule),
      );
      expect(verdict.complaints).toEqual([]);
    },
    150_000,
  );

  it(
    handOver.title,
    async () => {
      const { lab, unit, rule, instance } = handOver;
      const victim = system.fleet.member(instance);
      const verdict = await system.run(lab, scenario, async (run) => {
        await run.ended(100);
        const { pid } = victim;
        await victim.restart();
        await run.fired(victim, rule);
        await run.takenFrom(pid, unit);
      });
      expect(verdict.complaints).toEqual([]);
    },
    150_000,
  );
});

describe('nothing is lost or answered twice when a process stands still past its lease and then goes on to write', () => {
  it.each(freezes)(
    '$title',
    async ({ lab, unit, rule, instance }) => {
      const victim = system.fleet.member(instance);
      const verdict = await system.run(lab, scenario, async (run) => {
        await run.fired(victim, rule);
        await run.takenFrom(victim.pid, unit);
        victim.cont();
      });
      expect(verdict.complaints).toEqual([]);
    },
    150_000,
  );
});
