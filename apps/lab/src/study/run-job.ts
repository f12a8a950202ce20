import { type ResolvedScenario, totalMicros } from '@faultline/contracts';
import { type PlannedRun, POINT_FORMAT, type PointRun, type Study } from '@faultline/study';

/** Everything that whoever makes one run of a study needs to know. Plain data: it may go through a pipe, and into a container. */
export interface RunJob extends PlannedRun {
  /** Of the program that wants the run. */
  version: string;
  scenario: ResolvedScenario;
  window: Study['window'];
  /** Devices that have figures of their own. */
  apart: string[];
  /** The study's file, for the origin of a live run. */
  studyFile: string;
}

/** What is known of a run before it is made. */
export type KnownOfRun = Pick<
  PointRun,
  'format' | 'mode' | 'point' | 'repetition' | 'seed' | 'timeScale' | 'profile' | 'modelledMicros'
>;

/** What the job itself says of its run. */
export function knownOf({ mode, point, repetition, seed, scenario }: RunJob): KnownOfRun {
  return {
    format: POINT_FORMAT,
    ...{ mode, point, repetition, seed },
    timeScale: mode === 'live' ? scenario.timeScale : 1,
    profile: scenario.profile,
    modelledMicros: totalMicros(scenario.cost, scenario.hostCosts),
  };
}
