import type { ResolvedScenario, ServiceName } from '@faultline/contracts';
import { SeededRandom } from '@faultline/domain';

/** What happens to processes, or to their way to the bus. */
export const FAILURE_VERBS = [
  /** The process is gone, and is started again. */
  'kill',
  /** It is asked to go (SIGTERM), hands over what it has, and is started again. */
  'restart',
  /** It stands still (SIGSTOP), and goes on with what it missed. */
  'freeze',
  /** Nothing gets through between those that are cut off and everybody else, the log included; among themselves they hear each other. */
  'cut',
  /** What they send and get takes many times as long. */
  'slow',
  /** Some of their requests, or the replies, get lost. */
  'lose',
  /** Some of their requests arrive twice. */
  'duplicate',
  /** What they send and get on one subject overtakes what is on another. */
  'reorder',
  /** The log and the stores take what they write, and the acknowledgement gets lost; so do those of their work messages. */
  'forget',
  /** Work messages that they get are given to somebody else as well. */
  'redeliver',
] as const;
export type FailureVerb = (typeof FAILURE_VERBS)[number];

/** Something that goes wrong. Plain data, so that a list of them can be kept, printed and shortened. */
export interface Failure {
  /** Model time after the start of the devices. */
  atMicros: number;
  verb: FailureVerb;
  /** Instances that it happens to. */
  victims: readonly string[];
  /** How long it lasts; for a process that goes, until it is started again. */
  lastsMicros: number;
}

/** How many failures are drawn, and of which kinds. */
export interface FailurePlan {
  count: number;
  /** Mean time from one to the next, in model microseconds. */
  everyMicros: number;
  /** Processes are killed and frozen by default. */
  verbs?: readonly FailureVerb[];
}

/** Most processes that are cut off together. */
const MOST_VICTIMS = 3;

/** Processes of a scenario: name and service of each. */
export function instancesOf({
  replicas,
  workers,
}: Pick<ResolvedScenario, 'replicas' | 'workers'>): { service: ServiceName; instance: string }[] {
  const counts: [ServiceName, number][] = [
    ['mm-handler', replicas.mmHandlers],
    ['iommu', replicas.iommus],
    ['device-emulator', replicas.deviceEmulators],
    ['iopf-worker', workers.processes],
  ];
  return counts.flatMap(([service, count]) =>
    Array.from({ length: count }, (_, place) => ({ service, instance: `${service}-${place + 1}` })),
  );
}

/** What lasts a short time is over long before anybody misses anybody. */
const SHORT_LEASES = 0.1;
const LONG_LEASES = 2;

/** Draws failures from a seed: exponential times between them; half of them are short, the others last up to twice a lease. */
export function planFailures(
  { count, everyMicros, verbs = ['kill', 'freeze'] }: FailurePlan,
  instances: readonly string[],
  leaseMillis: number,
  seed: number,
): Failure[] {
  const random = new SeededRandom(seed).fork('failures');
  const draw = <T>(from: readonly T[]): T => {
    const drawn = from[random.below(from.length)];
    if (drawn === undefined) throw new Error('there is nothing to draw from');
    return drawn;
  };
  let atMicros = 0;
  return Array.from({ length: count }, () => {
    atMicros += -Math.log(1 - random.unit()) * everyMicros;
    const verb = draw(verbs);
    const several = verb === 'cut' ? 1 + random.below(MOST_VICTIMS) : 1;
    const victims = new Set(Array.from({ length: several }, () => draw(instances)));
    return {
      atMicros,
      verb,
      victims: [...victims],
      lastsMicros: random.unit() * (random.below(2) === 0 ? SHORT_LEASES : LONG_LEASES) * leaseMillis * 1_000,
    };
  });
}

/** E.g. `cut iommu-1 and iopf-worker-2 for 12.500 ms`. */
export function describeFailure({ verb, victims, lastsMicros }: Failure): string {
  return `${verb} ${victims.join(' and ')} for ${(lastsMicros / 1_000).toFixed(3)} ms`;
}
