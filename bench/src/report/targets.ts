import type { PureFigures } from '../core/pure-path';
import type { Round } from '../measure';
import type { LargeFigures } from '../simulator/large';
import type { SimulatorFigures } from '../simulator/simulator';
import type { SoakFigures } from '../soak';
import { TARGET_OUTSTANDING } from '../support/system';
import { cellsOf, costRatio, speedRatio } from './cells';

/** A figure that was to be reached, and whether it was. */
export interface Target {
  what: string;
  wanted: string;
  found: string;
  reached: boolean;
}

const LEAST_OVER_NEST = 6;
const LEAST_OVER_SKELETON = 0.35;
/** What counting for metrics may cost, of all processor time. */
const LEAST_METERED = 0.97;
/** What tracing one fault in a hundred may cost, of all processor time. */
const LEAST_TRACED = 0.95;
const MOST_CATCH_UP_SECONDS = 5;
const MOST_RESIDENT_MEGABYTES = 300;
const LEAST_PURE_PER_SECOND = 500_000;
const LEAST_SIMULATED_PER_SECOND = 200_000;
const MOST_SIMULATOR_MEGABYTES = 1_024;
const LONGEST_LARGE_SECONDS = 120;
/** Garbage collection makes memory wander; growth with the number of faults shows far above this within a million. */
const MOST_GROWTH = 1.1;

/** Of the systems that were compared, and of the rounds in which some were watched. */
export function speedTargets(compared: readonly Round[], watched: readonly Round[]): Target[] {
  const rounds = [...compared, ...watched];
  const targets: Target[] = observationTargets(watched);
  const overNest = speedRatio(compared, TARGET_OUTSTANDING, 'faultline', 'nest');
  const overSkeleton = speedRatio(compared, TARGET_OUTSTANDING, 'faultline', 'skeleton');
  if (overNest !== undefined)
    targets.push(
      atLeast('faults/s against the stock transporter, 1024 outstanding', overNest, LEAST_OVER_NEST),
    );
  if (overSkeleton !== undefined)
    targets.push(
      atLeast('faults/s against the empty skeleton, 1024 outstanding', overSkeleton, LEAST_OVER_SKELETON),
    );
  const records = cellsOf(rounds).flatMap(({ record }) => (record ? [record] : []));
  if (records.length > 0) {
    const worst = Math.max(...records.map(({ secondsToCatchUp }) => secondsToCatchUp));
    const wanted = `<= ${MOST_CATCH_UP_SECONDS} s`;
    targets.push({
      what: 'event log complete after the end, worst round',
      wanted,
      found: `${worst.toFixed(2)} s`,
      reached: worst <= MOST_CATCH_UP_SECONDS,
    });
  }
  const audits = rounds.flatMap(({ auditClean }) => (auditClean === undefined ? [] : [auditClean]));
  if (audits.length > 0) {
    const clean = audits.filter((each) => each).length;
    targets.push({
      what: 'rounds whose audit is clean',
      wanted: 'all',
      found: `${clean} of ${audits.length}`,
      reached: clean === audits.length,
    });
  }
  return targets;
}

function observationTargets(rounds: readonly Round[]): Target[] {
  const targets: Target[] = [];
  const metered = costRatio(rounds, TARGET_OUTSTANDING, 'metered', 'faultline');
  if (metered !== undefined)
    targets.push(atLeast('faults per CPU with metrics on against off', metered, LEAST_METERED, 3));
  const traced = costRatio(rounds, TARGET_OUTSTANDING, 'traced', 'faultline');
  if (traced !== undefined)
    targets.push(atLeast('faults per CPU with 1 % of faults traced against none', traced, LEAST_TRACED, 3));
  return targets;
}

const shown = (value: number): string => Math.round(value).toLocaleString('en-US');

export function simulatorTargets({ faultsPerSecond, peakResidentBytes }: SimulatorFigures): Target[] {
  const megabytes = peakResidentBytes / 2 ** 20;
  return [
    {
      what: 'simulator, faults/s of one core',
      wanted: `>= ${shown(LEAST_SIMULATED_PER_SECOND)}`,
      found: shown(faultsPerSecond),
      reached: faultsPerSecond >= LEAST_SIMULATED_PER_SECOND,
    },
    {
      what: 'peak memory of the simulator',
      wanted: `< ${shown(MOST_SIMULATOR_MEGABYTES)} MB`,
      found: `${shown(megabytes)} MB`,
      reached: megabytes < MOST_SIMULATOR_MEGABYTES,
    },
  ];
}

/** Of a simulation as large as it is meant to be. */
export function largeTargets({ devices, faults, seconds, peakResidentBytes }: LargeFigures): Target[] {
  const megabytes = peakResidentBytes / 2 ** 20;
  return [
    {
      what: `simulation of ${shown(devices)} devices, ${shown(faults)} faults`,
      wanted: `<= ${LONGEST_LARGE_SECONDS} s`,
      found: `${shown(seconds)} s`,
      reached: seconds <= LONGEST_LARGE_SECONDS,
    },
    {
      what: 'its peak memory',
      wanted: `< ${shown(MOST_SIMULATOR_MEGABYTES)} MB`,
      found: `${shown(megabytes)} MB`,
      reached: megabytes < MOST_SIMULATOR_MEGABYTES,
    },
  ];
}

export function pureTargets({ faultsPerSecond }: PureFigures): Target[] {
  return [
    {
      what: 'pure path, faults/s on one core',
      wanted: `>= ${shown(LEAST_PURE_PER_SECOND)}`,
      found: shown(faultsPerSecond),
      reached: faultsPerSecond >= LEAST_PURE_PER_SECOND,
    },
  ];
}

export function memoryTargets(runs: readonly SoakFigures[]): Target[] {
  return runs.flatMap(({ kind, faults, services, pagesGrow, secondsToCatchUp, auditClean }) => {
    const megabytes = Math.max(...services.map(({ peakResidentBytes }) => peakResidentBytes)) / 2 ** 20;
    const peak = {
      what: `peak memory of any service, ${faults} faults, ${kind}`,
      wanted: `< ${MOST_RESIDENT_MEGABYTES} MB`,
      found: `${megabytes.toFixed(0)} MB`,
      reached: megabytes < MOST_RESIDENT_MEGABYTES,
    };
    const late = {
      what: `event log complete after the end, ${kind}`,
      wanted: `<= ${MOST_CATCH_UP_SECONDS} s`,
      found: `${secondsToCatchUp.toFixed(2)} s`,
      reached: secondsToCatchUp <= MOST_CATCH_UP_SECONDS,
    };
    const audited = {
      what: `audit of the record, ${kind}`,
      wanted: 'clean',
      found: auditClean ? 'clean' : 'NOT CLEAN',
      reached: auditClean,
    };
    // Fresh pages are mapped pages, which mm and IOMMU have to know: that run may grow.
    if (pagesGrow) return [peak, late, audited];
    const growth = Math.max(...services.map(({ growth: each }) => each));
    const steady = {
      what: `memory, second half over first half, ${kind}`,
      wanted: `<= ${MOST_GROWTH}`,
      found: growth.toFixed(2),
      reached: growth <= MOST_GROWTH,
    };
    return [peak, steady, late, audited];
  });
}

function atLeast(what: string, found: number, wanted: number, digits = 2): Target {
  return { what, wanted: `>= ${wanted}`, found: found.toFixed(digits), reached: found >= wanted };
}
