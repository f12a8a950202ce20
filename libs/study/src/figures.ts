import { type Stage, STAGE_NAMES, STAGES } from '@faultline/audit';

/** What a figure counts in: model microseconds, things a second of model time, things, or a share without a unit. */
export type FigureUnit = 'micros' | 'per-second' | 'count' | 'share';

/** A figure of a point: its name for people, as axes and tables have it, and its unit. */
export interface FigureKind {
  title: string;
  unit: FigureUnit;
  /** What it counts, where the title does not say that. */
  meaning?: string;
}

const LATENCIES = { mean: 'mean', p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', max: 'max' } as const;
export type LatencyPart = keyof typeof LATENCIES;
export const LATENCY_PARTS = Object.keys(LATENCIES) as LatencyPart[];
/** What the parts of a latency are: each of one run, of which a point has the mean over its runs. */
export const LATENCY_MEANINGS: Readonly<Record<LatencyPart, string>> = {
  mean: 'the mean',
  p50: 'the median: half of the faults took no longer',
  p90: '9 in 10 took no longer',
  p99: '99 in 100 took no longer',
  p999: '999 in 1,000 took no longer',
  max: 'the longest',
};

const kinds = new Map<string, FigureKind>([
  ['throughput', { title: 'faults settled a second', unit: 'per-second' }],
  [
    'accessRate',
    {
      title: 'accesses ended a second',
      unit: 'per-second',
      meaning: 'over the time in which there were accesses, `workMicros`',
    },
  ],
  ['pageRate', { title: 'pages installed a second', unit: 'per-second' }],
  ['queueing.mean', { title: 'from the ring to a worker, mean', unit: 'micros' }],
  [
    'inFlight',
    {
      title: 'faults under way, on average',
      unit: 'count',
      meaning: 'sent and not settled, over the window',
    },
  ],
  [
    'runMicros',
    {
      title: 'length of the run',
      unit: 'micros',
      meaning: 'from the first fault sent to the last one settled; a run without faults has 0',
    },
  ],
  [
    'workMicros',
    {
      title: 'time of the accesses',
      unit: 'micros',
      meaning:
        'from the begin of the first workload to the end of the last access, whether it faulted or not',
    },
  ],
  [
    'faults',
    {
      title: 'faults',
      unit: 'count',
      meaning: 'page requests and stalls sent, each round by itself',
    },
  ],
  ['unsettled', { title: 'faults that never settled', unit: 'count' }],
  ['accesses', { title: 'accesses', unit: 'count', meaning: 'ended, hits among them' }],
  ['groups', { title: 'groups', unit: 'count', meaning: 'closed, and put on an IOPF queue' }],
  ['faultsPerGroup', { title: 'faults a group', unit: 'share' }],
  [
    'faultsPerAccess',
    {
      title: 'faults an access',
      unit: 'share',
      meaning: 'above 1 where accesses fault again',
    },
  ],
  ['overflows', { title: 'overflows', unit: 'count', meaning: 'times a PRI or event queue was found full' }],
  ['dropped', { title: 'page requests not taken', unit: 'count', meaning: 'a ring was full' }],
  ['automatic', { title: 'automatic answers', unit: 'count', meaning: 'given by an IOMMU itself' }],
  ['retries', { title: 'retries: missed again after a response', unit: 'count' }],
  [
    'timeouts',
    {
      title: 'groups answered for want of a result',
      unit: 'count',
      meaning: 'INVALID, since their deadline had passed',
    },
  ],
  [
    'workerShare',
    {
      title: 'servers of the workers in use',
      unit: 'share',
      meaning: 'of the time of all of them, waiting for the mm among it; 1 is all the time',
    },
  ],
  [
    'queueLockShare',
    {
      title: 'busiest lock of a queue in use',
      unit: 'share',
      meaning: 'of the time; none where it costs nothing',
    },
  ],
  [
    'mmLockShare',
    {
      title: 'busiest lock of an address space in use',
      unit: 'share',
      meaning: 'of the time; none where it costs nothing',
    },
  ],
  ['pages', { title: 'pages installed', unit: 'count' }],
  ['prefetched', { title: 'pages installed before they were asked for', unit: 'count' }],
  ['pagesRemoved', { title: 'pages taken away', unit: 'count', meaning: 'by the mm, for whatever reason' }],
]);
for (const part of LATENCY_PARTS) {
  kinds.set(`latency.${part}`, { title: `end to end, ${LATENCIES[part]}`, unit: 'micros' });
  kinds.set(`late.${part}`, { title: `late start of an access, ${LATENCIES[part]}`, unit: 'micros' });
  for (const stage of STAGES)
    kinds.set(`stage.${stage}.${part}`, {
      title: `${STAGE_NAMES[stage]}, ${LATENCIES[part]}`,
      unit: 'micros',
    });
}

/** Figures of the devices of one name, or of all copies of an entry with a count. */
const DEVICE =
  /^device\.([a-z0-9][a-z0-9-]*)\.(throughput|faults|unsettled|latency\.(?:mean|p50|p90|p99|p999|max))$/;

export const stageFigure = (stage: Stage, part: LatencyPart): string => `stage.${stage}.${part}`;

export function isFigure(key: string): boolean {
  return kinds.has(key) || DEVICE.test(key);
}

/** Title and unit of a figure. Throws a RangeError for a key that names none. */
export function figureKind(key: string): FigureKind {
  const known = kinds.get(key);
  if (known) return known;
  const [, device, part = ''] = DEVICE.exec(key) ?? [];
  const kind = device === undefined ? undefined : kinds.get(part);
  if (!kind) throw new RangeError(`there is no figure '${key}'`);
  return { ...kind, title: `${device}: ${kind.title}` };
}

/** The device that a figure is about. */
export function deviceOf(key: string): string | undefined {
  return DEVICE.exec(key)?.[1];
}

/** Every figure that does not name a device, for references. */
export const FIGURE_KINDS: ReadonlyMap<string, FigureKind> = kinds;
