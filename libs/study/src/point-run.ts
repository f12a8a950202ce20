import type { Invariant } from '@faultline/audit';
import type { Measured } from './point-meter';

/** Whether a run's time is that of a virtual clock, or that of the real services. */
export type RunMode = 'simulated' | 'live';

/** What is known of a live run alone. */
export interface LiveFacts {
  /** Its id; null when whoever was to make it ended before. */
  run: string | null;
  /** The part of the processors' time that was taken. */
  busyShare: number;
  /** The fastest fault in wall time. */
  leastWallMicros: number | null;
  /** The project of `docker compose` that it was made on, and how many replicas each service had. Absent for a run on another place. */
  deployment?: { project: string; replicas: Record<string, number> };
}

/** What a run of a point that is kept calls itself. */
export const POINT_FORMAT = 'faultline-point/2';

/** One run of a point, as it is kept in the study's folder. */
export interface PointRun extends Measured {
  format: typeof POINT_FORMAT;
  point: number;
  /** Counted from 1. */
  repetition: number;
  mode: RunMode;
  seed: number;
  profile: string;
  /** Wall microseconds of one model microsecond; 1 for a simulation. */
  timeScale: number;
  /** What the run took of this machine's time. */
  wallMillis: number;
  /** When it was over, since the Unix epoch. */
  endedAtMicros: number;
  /** What a fault that waits for nobody costs in the model. */
  modelledMicros: number;
  audit: { clean: boolean; violated: Invariant[] };
  /** Of a simulation: the same scenario and seed give the same one. */
  logHash: string | null;
  live: LiveFacts | null;
  /** What went wrong with the run; figures are null then. */
  failure: string | null;
}

/** A name for the file of a run. */
export function runFile({
  point,
  repetition,
  mode,
}: Pick<PointRun, 'point' | 'repetition' | 'mode'>): string {
  return `point-${String(point).padStart(4, '0')}-${repetition}-${mode}.json`;
}
