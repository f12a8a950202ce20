import { FigureInvalid, requireNotNegative, requirePositive, requireWhole } from './figures';

/** What a stage of the path does for each job: given, or as its busy time in a window. */
export type StageLoad = {
  name: string;
  /** Servers that share one queue, or replicas that share the load evenly. */
  servers: number;
} & (
  | {
      /** Service demand: visits of a job times service time at each, without waiting. */
      demandMicros: number;
    }
  | {
      /** Time in which servers were at work, all of them together. */
      busyMicros: number;
      windowMicros: number;
    }
);

export interface BottleneckInput {
  stages: readonly StageLoad[];
  /** Jobs that left the whole path. */
  throughputPerSecond: number;
  /** Jobs under way in a closed loop, thinking ones included. Without it bounds hold for any number. */
  concurrency?: number;
  /** What passes between the end of a job and the next one of its client; 0 by default. */
  thinkMicros?: number;
}

export interface StageUtilisation {
  name: string;
  servers: number;
  demandMicros: number;
  /** Share of the time that each of its servers is at work. */
  utilisation: number;
  /** Throughput at which it is at work all the time; null for a demand of 0. */
  capacityPerSecond: number | null;
  /** Utilisation above 1, which cannot be: the demand has waiting time in it, or there are more servers than were counted. */
  overcommitted: boolean;
}

/** Bounds that no order of service and no distribution of service times can break. Null without a concurrency. */
export interface AsymptoticBounds {
  /** The least of capacity of the bottleneck and concurrency / (total demand + think time). */
  throughputAtMostPerSecond: number;
  throughputAtLeastPerSecond: number | null;
  responseAtLeastMicros: number | null;
  responseAtMostMicros: number | null;
  /** Concurrency from which on jobs must wait for each other at the bottleneck. */
  saturationConcurrency: number;
}

export interface BottleneckAnalysis {
  /** In the order given. */
  stages: StageUtilisation[];
  /** Name of the stage with the highest utilisation, the first one of equals. */
  bottleneck: string;
  bounds: AsymptoticBounds;
  /** Measured throughput over the most that it can be; above 1 the figures contradict each other. */
  shareOfBound: number;
  /** concurrency / throughput - think time, by Little's law; null without a concurrency. */
  responseMicros: number | null;
}

/**
 * Utilisation law, bottleneck and asymptotic bounds of operational analysis (Denning and Buzen 1978; Muntz and Wong 1974), from
 * measured quantities alone. It finds what limits the path as it was measured. It does not see limits that are no server's busy time:
 * locks, credits, an arrival rate.
 *
 * Throws FigureInvalid for no stages, no demand at all, names that are not unique, or figures out of range.
 */
export function analyseBottleneck(input: BottleneckInput): BottleneckAnalysis {
  const { throughputPerSecond, concurrency, thinkMicros = 0 } = input;
  requirePositive('throughput', throughputPerSecond);
  requireNotNegative('think time', thinkMicros);
  if (concurrency !== undefined) requireWhole('concurrency', concurrency, 1);
  requireUniqueNames(input.stages);
  const stages = input.stages.map((stage) => utilisationOf(stage, throughputPerSecond));
  const [first] = stages;
  if (!first) throw new FigureInvalid('stages', 'none', 'at least one');
  const busiest = stages.reduce(
    (most, stage) => (stage.utilisation > most.utilisation ? stage : most),
    first,
  );
  if (busiest.demandMicros === 0) throw new FigureInvalid('demands', '0 at every stage', 'one above 0');
  const bounds = boundsOf(stages, busiest, thinkMicros, concurrency);
  return {
    stages,
    bottleneck: busiest.name,
    bounds,
    shareOfBound: throughputPerSecond / bounds.throughputAtMostPerSecond,
    responseMicros:
      concurrency === undefined ? null : (concurrency * 1e6) / throughputPerSecond - thinkMicros,
  };
}

function utilisationOf(stage: StageLoad, throughputPerSecond: number): StageUtilisation {
  const { name, servers } = stage;
  requireWhole(`servers of '${name}'`, servers, 1);
  const demandMicros = demandOf(stage, throughputPerSecond);
  const utilisation = (throughputPerSecond * demandMicros) / 1e6 / servers;
  return {
    name,
    servers,
    demandMicros,
    utilisation,
    capacityPerSecond: demandMicros === 0 ? null : (servers * 1e6) / demandMicros,
    overcommitted: utilisation > 1,
  };
}

function demandOf(stage: StageLoad, throughputPerSecond: number): number {
  if ('demandMicros' in stage) {
    requireNotNegative(`demand of '${stage.name}'`, stage.demandMicros);
    return stage.demandMicros;
  }
  requireNotNegative(`busy time of '${stage.name}'`, stage.busyMicros);
  requirePositive(`window of '${stage.name}'`, stage.windowMicros);
  return ((stage.busyMicros / stage.windowMicros) * 1e6) / throughputPerSecond;
}

function boundsOf(
  stages: readonly StageUtilisation[],
  busiest: StageUtilisation,
  thinkMicros: number,
  concurrency: number | undefined,
): AsymptoticBounds {
  const totalMicros = stages.reduce((sum, { demandMicros }) => sum + demandMicros, 0);
  const slowestMicros = busiest.demandMicros / busiest.servers;
  const capacityPerSecond = 1e6 / slowestMicros;
  const saturationConcurrency = (totalMicros + thinkMicros) / slowestMicros;
  if (concurrency === undefined)
    return {
      throughputAtMostPerSecond: capacityPerSecond,
      throughputAtLeastPerSecond: null,
      responseAtLeastMicros: null,
      responseAtMostMicros: null,
      saturationConcurrency,
    };
  const alonePerSecond = (concurrency * 1e6) / (totalMicros + thinkMicros);
  // At worst each job finds all others before it at every stage.
  const responseAtMostMicros = concurrency * totalMicros;
  return {
    throughputAtMostPerSecond: Math.min(capacityPerSecond, alonePerSecond),
    throughputAtLeastPerSecond: (concurrency * 1e6) / (responseAtMostMicros + thinkMicros),
    responseAtLeastMicros: Math.max(totalMicros, concurrency * slowestMicros - thinkMicros),
    responseAtMostMicros,
    saturationConcurrency,
  };
}

function requireUniqueNames(stages: readonly StageLoad[]): void {
  const names = stages.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new FigureInvalid('stages', `'${twice}' twice`, 'names that are unique');
}
