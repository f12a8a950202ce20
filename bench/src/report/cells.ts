import { median, pairedRatios, summariseRounds } from '@faultline/stats';
import type { ProcessFigures, Round } from '../measure';
import type { RecordFigures, SystemName } from '../support/system';

/** The rounds of one system at one number of outstanding faults, as medians. */
export interface Cell {
  system: SystemName;
  outstanding: number;
  rounds: number;
  faultsPerSecond: number;
  /** (max - min) / median over the rounds: how far the figures of this machine can be trusted. */
  relativeSpread: number;
  p50Micros: number;
  p99Micros: number;
  /** Processor use as the median over the rounds, memory as the most of any round. */
  processes: ProcessFigures[];
  /** The worst of the rounds. */
  record?: RecordFigures;
  auditClean?: boolean;
}

/** Cells in the order in which their first rounds were measured. */
export function cellsOf(rounds: readonly Round[]): Cell[] {
  const groups = new Map<string, Round[]>();
  for (const round of rounds) {
    const key = `${round.outstanding} ${round.system}`;
    groups.set(key, [...(groups.get(key) ?? []), round]);
  }
  return [...groups.values()].map(cellOf);
}

/** Throws a RangeError for no rounds. */
export function cellOf(rounds: readonly Round[]): Cell {
  const first = rounds[0];
  if (!first) throw new RangeError('a cell without rounds has no figures');
  const speed = summariseRounds(rounds.map(({ figures }) => figures.faultsPerSecond));
  const records = rounds.flatMap(({ record }) => (record ? [record] : []));
  return {
    system: first.system,
    outstanding: first.outstanding,
    rounds: rounds.length,
    faultsPerSecond: speed.median,
    relativeSpread: speed.relativeSpread,
    p50Micros: median(rounds.map(({ figures }) => figures.p50Micros)),
    p99Micros: median(rounds.map(({ figures }) => figures.p99Micros)),
    processes: first.processes.map(({ name }) => processOf(name, rounds)),
    ...(records.length > 0 ? { record: worstOf(records) } : {}),
    ...(first.auditClean === undefined
      ? {}
      : { auditClean: rounds.every(({ auditClean }) => auditClean === true) }),
  };
}

function processOf(name: string, rounds: readonly Round[]): ProcessFigures {
  const own = rounds.flatMap(({ processes }) => processes.filter((each) => each.name === name));
  return {
    name,
    coresBusy: median(own.map(({ coresBusy }) => coresBusy)),
    cpuMicrosPerFault: median(own.map(({ cpuMicrosPerFault }) => cpuMicrosPerFault)),
    peakResidentBytes: Math.max(...own.map(({ peakResidentBytes }) => peakResidentBytes)),
  };
}

function worstOf(records: readonly RecordFigures[]): RecordFigures {
  return {
    lagAtEndMessages: Math.max(...records.map(({ lagAtEndMessages }) => lagAtEndMessages)),
    secondsToCatchUp: Math.max(...records.map(({ secondsToCatchUp }) => secondsToCatchUp)),
  };
}

/** How many times as fast a system is as another; undefined unless both were measured. Neighbouring rounds are paired. */
export function speedRatio(
  rounds: readonly Round[],
  outstanding: number,
  system: SystemName,
  base: SystemName,
): number | undefined {
  return pairedRatio(rounds, outstanding, [system, base], ({ figures }) => figures.faultsPerSecond);
}

/**
 * How many faults a system handles for the processor time that another spends on one. Where the processor is the limit this is
 * the ratio of speeds, and it stays the same when others use the machine as well.
 */
export function costRatio(
  rounds: readonly Round[],
  outstanding: number,
  system: SystemName,
  base: SystemName,
): number | undefined {
  return pairedRatio(rounds, outstanding, [base, system], cpuMicrosPerFault);
}

/** {@link costRatio} of each pair of rounds. */
export function costRatios(
  rounds: readonly Round[],
  outstanding: number,
  system: SystemName,
  base: SystemName,
): number[] {
  return ratiosOf(rounds, outstanding, [base, system], cpuMicrosPerFault);
}

export function cpuMicrosPerFault({ processes }: Pick<Round, 'processes'>): number {
  return processes.reduce((sum, each) => sum + each.cpuMicrosPerFault, 0);
}

function pairedRatio(...of: Parameters<typeof ratiosOf>): number | undefined {
  const ratios = ratiosOf(...of);
  return ratios.length === 0 ? undefined : median(ratios);
}

/** A ratio for each pair of neighbouring rounds; none unless both systems were measured. */
function ratiosOf(
  rounds: readonly Round[],
  outstanding: number,
  pair: [SystemName, SystemName],
  figure: (round: Round) => number,
): number[] {
  const of = (name: SystemName): number[] =>
    rounds.filter((round) => round.outstanding === outstanding && round.system === name).map(figure);
  const [values, bases] = [of(pair[0]), of(pair[1])];
  return values.length === bases.length ? pairedRatios(values, bases) : [];
}
