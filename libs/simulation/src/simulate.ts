import { type AuditReport, type FaultRow, type Sha256, type Stage, totalsOf } from '@faultline/audit';
import {
  type HostUse,
  LEAST_DEADLINE_WALL_MICROS,
  type LogEvent,
  longestRetransmissionMicros,
  type ResolvedScenario,
} from '@faultline/contracts';
import type { StageHistograms } from '@faultline/stats';
import {
  type StateCodec,
  teardownMillis,
  teardownWaitMillis,
  type TraceOpener,
  type UnitLogger,
} from '@faultline/units';
import { AwaitedFeeds } from './awaited-feeds';
import { type Failure, type FailurePlan, instancesOf, planFailures } from './failures';
import { type NetworkModel, QUICK_NETWORK } from './network-model';
import type { Onlooker } from './onlooker';
import { Simulation } from './simulation';
import { Tally } from './tally';
import { VirtualClock } from './virtual-clock';

/** What the clock shows when a simulation begins: little, since a late instant would leave no room for parts of a microsecond. */
const START_MICROS = 1_000_000;

const PATIENCE_LEASES = 20;
const ACK_WAIT_LEASES = 2;
const SNAPSHOT_EVENTS = 50_000;
/** Model time that an access may take which waits for nothing but its handling. */
const HANDLING_MICROS = 10e6;
/** A response that does not come is waited for by its IOMMU, and once more behind a reset. */
const RESPONSE_TIMEOUTS = 2;
/** More than there are on the way of any access, with those that are asked anew on the way. */
const HOPS = 50;

/**
 * No deadline of a simulation without losses and failures is shorter than so many hops. The bus is all that takes time beside the model
 * there, and a fault goes some 28 times over it. What a deadline waits for is a few faults in a row (a device stops when the last of
 * those is over that a full ring made it send again) or a few messages, each of which may lag for 100 hops. The 2 s of services are
 * enough here too, however long a hop is.
 */
const LEAST_DEADLINE_HOPS = 1_000;

/** What a simulation needs of its platform, which it does not know. */
export interface SimulationPlatform {
  sha256: Sha256;
  /** Runs the task when all promises have gone on that can: in Node a `process.nextTick` out of a microtask. */
  settle(task: () => void): void;
  /** Lets go on what happens outside of simulated time, such as the reading of files: `setImmediate` in Node. */
  breathe(): Promise<void>;
  states: StateCodec;
  openTrace: TraceOpener;
  logger: UnitLogger;
}

export interface SimulationOptions {
  /** Of network and failures; what devices and handlers draw comes from the scenario's seed. The scenario's by default. */
  seed?: number;
  network?: Partial<NetworkModel>;
  /** A plan, from which they are drawn, or the failures themselves. None by default. */
  failures?: FailurePlan | readonly Failure[];
  /** Life of a lease, in milliseconds of model time; 30 by default: a thousand faults, as a lease of services is of wall time. */
  leaseMillis?: number;
  /** Time a worker has to settle a message before another one gets it, in milliseconds of model time; two leases by default. */
  ackWaitMillis?: number;
  /** Model time without the end of an access that is a standstill; by default longer than all deadlines that it may have to wait for. */
  patienceMicros?: number;
  /** Events of a unit from one snapshot to the next; by default 50,000 where processes end, and none elsewhere. */
  snapshotEvents?: number;
  onFault?(row: FaultRow): void;
  /** Gets the events of every message of the log, in its order. */
  onEvents?(events: readonly LogEvent[]): void;
  onlooker?: Onlooker;
  tell?(line: string): void;
}

/** What a simulation came to. Every time is model time. */
export interface SimulationResult {
  audit: AuditReport;
  /** Head of the hash chain of the whole log. */
  logHash: string;
  messages: number;
  bytes: number;
  faults: number;
  /** From the start of the devices until everything had come to its end. */
  modelMicros: number;
  /** From the sending of the first fault to the settling of the last: what uses of the machine are shares of. */
  activeMicros: number;
  /** What workers and locks of the modelled machine were used for. */
  hostUse: HostUse;
  /** Latencies of the faults, from end to end and of each stage. */
  times: StageHistograms<Stage>;
  /** Reasons of dead letters. */
  buried: readonly string[];
  /** Instants at which something happened. */
  instants: number;
}

/**
 * Runs a scenario on a virtual clock, with the units and the messages of the services. The same scenario, seed and options give the
 * same log, byte for byte. Rejects with `SimulationStands`, or with what a unit failed with.
 */
export async function simulate(
  scenario: ResolvedScenario,
  platform: SimulationPlatform,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const { seed = scenario.seed, leaseMillis = 30, onlooker = {} } = options;
  const feeds = new AwaitedFeeds(platform.openTrace);
  const clock = new VirtualClock({
    startMicros: START_MICROS,
    settle: (task) => platform.settle(task),
    breathe: () => platform.breathe(),
    isAwaited: () => feeds.areReading,
  });
  const tally = new Tally(platform.sha256, totalsOf(scenario), {
    onFault: options.onFault,
    onEvents: options.onEvents,
    onViolation: (violation) => onlooker.violated?.(violation),
  });
  const failures = failuresOf(scenario, options.failures ?? [], leaseMillis, seed);
  const network = { ...QUICK_NETWORK, ...options.network };
  // A microsecond of the clock is one of the model.
  const simulated = { ...scenario, timeScale: 1, ...leastDeadline(network, failures) };
  const simulation = new Simulation({
    ...platform,
    openTrace: feeds.open,
    scenario: simulated,
    seed,
    clock,
    network,
    tally,
    failures,
    onlooker,
    leaseMillis,
    ackWaitMillis: options.ackWaitMillis ?? ACK_WAIT_LEASES * leaseMillis,
    patienceMicros: options.patienceMicros ?? patienceMicrosOf(simulated, network, leaseMillis),
    // Where no process ends nobody loads one.
    snapshotEvents:
      options.snapshotEvents ?? (failures.length > 0 ? SNAPSHOT_EVENTS : Number.POSITIVE_INFINITY),
    tell: (line) => options.tell?.(line),
  });
  await simulation.run();
  const { faults, messages, bytes, logHash, times, activeMicros } = tally;
  return {
    ...{ faults, messages, bytes, logHash, times, activeMicros, hostUse: simulation.hostUse },
    audit: tally.verdict(),
    modelMicros: simulation.endedMicros - simulation.beganMicros,
    buried: simulation.buried,
    instants: clock.instants,
  };
}

/** In so much model time an access comes to its end, unless nothing moves: software takes none, so that deadlines are all there is to wait for. */
function patienceMicrosOf(
  scenario: ResolvedScenario,
  { hopMicros }: NetworkModel,
  leaseMillis: number,
): number {
  const { timeline, devices } = scenario;
  const teardown = timeline.length === 0 ? 0 : (teardownWaitMillis(scenario) ?? teardownMillis(scenario));
  const response = Math.max(0, ...devices.map(({ responseTimeoutMicros }) => responseTimeoutMicros));
  return (
    (PATIENCE_LEASES * leaseMillis + teardown) * 1_000 +
    RESPONSE_TIMEOUTS * response +
    HOPS * hopMicros.p99 +
    HANDLING_MICROS +
    longestRetransmissionMicros(scenario)
  );
}

/**
 * Software takes no time of its own here, so that deadlines may be nearly as short as they like; but what was lost, and whoever died,
 * takes as long to be missed as in services.
 */
function leastDeadline(
  { loss, hopMicros, storeMicros }: NetworkModel,
  failures: readonly Failure[],
): Pick<ResolvedScenario, 'leastDeadlineWallMicros'> {
  if (loss > 0 || failures.length > 0) return {};
  const slowestMicros = Math.max(...[hopMicros, storeMicros].flatMap(({ median, p99 }) => [median, p99]));
  const leastDeadlineWallMicros = Math.min(LEAST_DEADLINE_HOPS * slowestMicros, LEAST_DEADLINE_WALL_MICROS);
  return { leastDeadlineWallMicros };
}

function failuresOf(
  scenario: ResolvedScenario,
  failures: FailurePlan | readonly Failure[],
  leaseMillis: number,
  seed: number,
): readonly Failure[] {
  if (!('count' in failures)) return failures;
  const instances = instancesOf(scenario).map(({ instance }) => instance);
  return planFailures(failures, instances, leaseMillis, seed);
}
