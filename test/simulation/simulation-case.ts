import { costProfiles, type ResolvedScenario, type ServiceName } from '@faultline/contracts';
import { SeededRandom, type Spread } from '@faultline/domain';
import {
  type Failure,
  FAILURE_VERBS,
  type FailureVerb,
  instancesOf,
  type NetworkModel,
  planFailures,
} from '@faultline/simulation';
import fc from 'fast-check';
import { livelyScenario } from '../kit/timeline-arbitrary';

/** Everything that a run depends on. Plain data: what is left out of it is left out of the run. */
export interface SimulationCase {
  /** Of the network: how long what takes, what gets lost while something is wrong. */
  seed: number;
  scenario: ResolvedScenario;
  failures: readonly Failure[];
  network: Partial<NetworkModel>;
  leaseMillis: number;
  ackWaitMillis: number;
  snapshotEvents: number;
  patienceMicros: number;
}

/** Leases are short, so that much happens in little time. */
const LEASE_MILLIS = 30;
const MOST_FAILURES = 14;
/** What others take over from, beside what all of them are drawn from. */
const OFTEN: readonly FailureVerb[] = [
  ...(['kill', 'kill', 'kill', 'kill', 'kill', 'restart', 'restart', 'restart'] as const),
  ...(['freeze', 'freeze', 'freeze', 'cut', 'cut', 'redeliver', 'redeliver'] as const),
];
const OFTEN_LOST: ReadonlySet<ServiceName> = new Set(['iopf-worker', 'device-emulator']);
/** More than any unit waits for anything before it asks again. */
const PATIENCE_MICROS = 32_000_000;

const SHORT_HOP: Spread = { median: 0.1, p99: 0.1 };
const LONG_HOP: Spread = { median: 5, p99: 50 };
const LONGEST_HOP: Spread = { median: 20, p99: 400 };

type CostModel = ResolvedScenario['cost'];

type Draw = <T>(...from: readonly [T, ...T[]]) => T;

/** The case of a seed: another scenario, other failures, another network for each. */
export function caseOf(seed: number): SimulationCase {
  const [lively] = fc.sample(livelyScenario, { seed, numRuns: 1 });
  if (!lively) throw new Error('no scenario was drawn');
  const spread = spreadOut(seed);
  const random = new SeededRandom(spread).fork('case');
  const draw: Draw = (...from) => from[random.below(from.length)] ?? from[0];
  const isThrashing = draw(false, true);
  const scenario = paced(isThrashing ? thrashing(lively) : lively, draw);
  // What a worker or a device had under way when it was lost is what shows most.
  const instances = instancesOf(scenario).flatMap(({ service, instance }) =>
    OFTEN_LOST.has(service) ? [instance, instance] : [instance],
  );
  const plan = {
    count: random.below(MOST_FAILURES + 1),
    // Most scenarios are over after a few milliseconds.
    everyMicros: draw(50, 200, 1_000, 3_000),
    verbs: [...FAILURE_VERBS, ...OFTEN],
  };
  return {
    seed: spread,
    scenario,
    failures: planFailures(plan, instances, LEASE_MILLIS, spread),
    network: {
      // What is removed is still being used for as long as its invalidation is on its way.
      hopMicros: draw(isThrashing ? LONG_HOP : SHORT_HOP, LONG_HOP, LONG_HOP, LONGEST_HOP),
      storeMicros: draw({ median: 0.1, p99: 0.1 }, { median: 10, p99: 100 }),
      loss: draw(0, 0, 0.02),
      duplication: draw(0, 0, 0.02),
      reordering: draw(0, 0.02, 0.2),
    },
    leaseMillis: LEASE_MILLIS,
    ackWaitMillis: draw(0.1, 0.3, 3, 2 * LEASE_MILLIS),
    snapshotEvents: draw(20, 100, 50_000),
    patienceMicros: PATIENCE_MICROS,
  };
}

/** Neighbours that differ in their high bits too: what the first draw of a fork is depends on these alone. */
function spreadOut(seed: number): number {
  return (Math.imul(seed, 0x9e37_79b1) >>> 11) * 2 ** 32 + seed;
}

/**
 * Most scenarios are over before anybody is missed. So in some of them devices ask for less at a time, and in some what takes time takes
 * more of it: then leases end, and failures come, while something is under way.
 */
function paced(scenario: ResolvedScenario, draw: Draw): ResolvedScenario {
  const slower = draw(0, 3, 30, 30);
  const ratePerSecond = draw(undefined, undefined, 500, 2_000);
  return {
    ...scenario,
    replicas: { iommus: draw(1, 2, 2), mmHandlers: draw(1, 2, 2), deviceEmulators: draw(1, 2, 2) },
    ...(slower === 0 ? {} : { profile: 'pri-minor', cost: slowed(costProfiles['pri-minor'], slower) }),
    devices: scenario.devices.map((device) => ({
      ...device,
      workloads: device.workloads.map((workload) => ({
        ...workload,
        ratePerSecond: ratePerSecond ?? workload.ratePerSecond,
      })),
    })),
  };
}

/** Small sets of pages that devices cache, in a memory that has no room for them: what is removed is still being used. */
function thrashing(scenario: ResolvedScenario): ResolvedScenario {
  return {
    ...scenario,
    shards: scenario.shards.map((shard) => ({ ...shard, frames: Math.min(shard.frames, 4) })),
    devices: scenario.devices.map((device) => ({
      ...device,
      atcEntries: 64,
      workloads: device.workloads.map((workload) => ({
        ...workload,
        ...(workload.source === 'synthetic'
          ? { pattern: 'uniform', pages: Math.min(workload.pages, 6) }
          : {}),
        accesses: 100 + 2 * workload.accesses,
        // So long a page is in use once it was found: hits that take no time are over before anything is removed.
        accessMicros: 20,
        outstanding: 8,
      })),
    })),
  };
}

function slowed(cost: CostModel, factor: number): CostModel {
  return {
    ...cost,
    interruptMicros: cost.interruptMicros * factor,
    enqueueMicros: cost.enqueueMicros * factor,
    handlerMicros: times(cost.handlerMicros, factor),
    storageMicros: times(cost.storageMicros, factor),
    responseMicros: cost.responseMicros * factor,
  };
}

const times = ({ median, p99 }: Spread, factor: number): Spread => ({
  median: median * factor,
  p99: p99 * factor,
});
