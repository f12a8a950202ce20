import { Lab } from './faultline/lab';
import { loadScenario } from './faultline/scenario';
import { catchUp, isClean } from './faultline/whole-path';
import type { Children } from './support/children';
import { sleep } from './support/deadline';
import type { BenchServer } from './support/server';
import { usageOf } from './support/usage';

/** Memory of one service over a long run. */
export interface ServiceMemory {
  name: string;
  firstHalfBytes: number;
  secondHalfBytes: number;
  /** Peak of the second half by peak of the first. */
  growth: number;
  peakResidentBytes: number;
}

export interface SoakFigures {
  kind: string;
  faults: number;
  faultsPerSecond: number;
  /** Whether the run maps new pages all the time, which mm and IOMMU have to keep. */
  pagesGrow: boolean;
  services: ServiceMemory[];
  secondsToCatchUp: number;
  auditClean: boolean;
}

export interface Sample {
  /** Accesses that had ended. */
  ended: number;
  /** Resident memory of each service, in their order. */
  residentBytes: number[];
}

interface SoakOptions {
  children: Children;
  bench: BenchServer;
  faults: number;
  workers: number;
  onProgress(line: string): void;
}

const OUTSTANDING = 1024;
const WORKING_SET_PAGES = 32_768;
const SAMPLE_MILLIS = 500;
/** A run that is slower than this many faults a second hangs. */
const SLOWEST = 200;

/** The same number of faults twice: pages that are reclaimed and fault again, and pages that are new each time. */
export async function soak(options: SoakOptions): Promise<SoakFigures[]> {
  const bounded = await soakRun(options, 'bounded working set', WORKING_SET_PAGES);
  return [bounded, await soakRun(options, 'fresh pages', undefined)];
}

async function soakRun(
  options: SoakOptions,
  kind: string,
  workingSetPages: number | undefined,
): Promise<SoakFigures> {
  const { children, bench, faults, workers, onProgress } = options;
  const scenario = loadScenario({ outstanding: OUTSTANDING, workers, accesses: faults, workingSetPages });
  const lab = await Lab.start({ lab: `soak-${kind.split(' ')[0]}`, children, bench, scenario });
  const startedAt = performance.now();
  await lab.go();
  const samples = await sampleUntilFinished(lab, (faults / SLOWEST) * 1000, (ended) =>
    onProgress(`${kind}: ${ended} of ${faults} faults`),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const { secondsToCatchUp } = await catchUp(lab);
  const peaks = lab.processes().map(({ pid }) => usageOf(pid).peakResidentBytes);
  const services = lab.processes().map(({ name }, place): ServiceMemory => ({
    name,
    ...halves(samples, place),
    peakResidentBytes: peaks[place] ?? 0,
  }));
  const auditClean = isClean(await lab.summary('finished'));
  await lab.stop();
  await lab.remove();
  return {
    kind,
    faults,
    faultsPerSecond: faults / seconds,
    pagesGrow: workingSetPages === undefined,
    services,
    secondsToCatchUp,
    auditClean,
  };
}

async function sampleUntilFinished(
  lab: Lab,
  millis: number,
  onProgress: (ended: number) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const deadline = performance.now() + millis;
  let told = performance.now();
  for (;;) {
    const { ended, finished } = await lab.ask('device-emulator.progress', {});
    samples.push({ ended, residentBytes: lab.processes().map(({ pid }) => usageOf(pid).residentBytes) });
    if (finished) return samples;
    if (performance.now() > deadline)
      throw new Error(`a memory run did not end: ${ended} accesses after ${Math.round(millis / 1000)} s`);
    if (performance.now() - told > 10_000) {
      told = performance.now();
      onProgress(ended);
    }
    await sleep(SAMPLE_MILLIS);
  }
}

/** Peaks of the two halves of a run, by faults and not by time. The first twentieth is start-up. */
export function halves(
  samples: readonly Sample[],
  place: number,
): Pick<ServiceMemory, 'firstHalfBytes' | 'secondHalfBytes' | 'growth'> {
  const total = samples.at(-1)?.ended ?? 0;
  const peak = (from: number, to: number): number =>
    Math.max(
      0,
      ...samples
        .filter(({ ended }) => ended >= total * from && ended <= total * to)
        .map(({ residentBytes }) => residentBytes[place] ?? 0),
    );
  const firstHalfBytes = peak(0.05, 0.5);
  const secondHalfBytes = peak(0.5, 1);
  return {
    firstHalfBytes,
    secondHalfBytes,
    growth: firstHalfBytes > 0 ? secondHalfBytes / firstHalfBytes : 0,
  };
}
