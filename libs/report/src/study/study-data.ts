import type {
  Agreement,
  LiveFacts,
  ParameterValue,
  PointTime,
  RunMode,
  Study,
  Verdict,
} from '@faultline/study';
import type { Figure, Table } from '../figure';
import type { MachineFacts, RunReportData } from '../report-data';

/** Where and when a study was made, and with what. */
export interface StudyOrigin {
  id: string;
  /** The study file as it was named. */
  file: string;
  /** When it was begun first, since the Unix epoch. */
  startedAtMicros: number;
  program: RunReportData['program'];
  machine: MachineFacts | null;
}

/** A figure over the repetitions of a point: ends of its interval are null for a single repetition. */
export interface AggregateCell {
  mean: number;
  low: number | null;
  high: number | null;
  repetitions: number;
}

/** A point in one mode. */
export interface StudyPointRow {
  point: number;
  /** The values of its parameters in words. */
  name: string;
  values: Record<string, ParameterValue>;
  mode: RunMode;
  time: PointTime;
  /** Runs that were made, and those of them that failed. */
  runs: number;
  failed: number;
  figures: Record<string, AggregateCell>;
}

/** Where live runs were made, and at what size. */
export type Deployment = NonNullable<LiveFacts['deployment']>;

/** A run of a point. */
export interface StudyRunRow {
  point: number;
  values: Record<string, ParameterValue>;
  mode: RunMode;
  time: PointTime;
  repetition: number;
  seed: number;
  profile: string;
  timeScale: number;
  wallMillis: number;
  modelledMicros: number;
  auditClean: boolean;
  violated: string[];
  failure: string | null;
  /** Of a live run. */
  run: string | null;
  /** Of a live run on a deployment of `docker compose`: its project, and the replicas of each service. */
  deployment: Deployment | null;
  /** Of a simulation. */
  logHash: string | null;
  figures: Record<string, number | null>;
}

/** Whether the shape that the study is held against is found, and what the study says of that shape. */
export type PublishedAgreement = Agreement & NonNullable<Study['published']>;

/** Everything that a report of a study shows. Times are model time where nothing else is said. */
export interface StudyReportData {
  format: 'faultline-study/1';
  study: Omit<StudyOrigin, 'program' | 'machine'> & {
    /** When its last run was over, since the Unix epoch; null without a run. A study that was resumed rested in between. */
    endedAtMicros: number | null;
    /** What its runs took, each by itself, all added up. */
    tookMillis: number;
    name: string;
    title: string;
    question: string;
    mode: Study['mode'];
    repetitions: number;
    /** Of the first repetition, of which each further one has the next. */
    seed: number;
    /** In shares of the length of a run. */
    window: Study['window'];
    /** The file that it names, or null for one that is written in the study. */
    scenarioFile: string | null;
    parameters: { name: string; unit: string; values: ParameterValue[] }[];
    points: number;
    /** Runs. */
    wanted: number;
    made: number;
    failed: number;
    /** Over all runs. */
    faults: number;
  };
  program: RunReportData['program'];
  machine: MachineFacts | null;
  passes: boolean;
  agreement: PublishedAgreement | null;
  verdicts: Verdict[];
  warnings: string[];
  /** In the order of the page; those that begin with `plot-` and `shape-` are the study's own. */
  figures: Figure[];
  /** Live against simulated; no rows for a study of one mode. */
  differences: StudyDifferences;
  /** Titles and units of all figures of the points. */
  kinds: Record<string, { title: string; unit: string }>;
  points: StudyPointRow[];
  runs: StudyRunRow[];
  /** As it was read, with its defaults. */
  definition: Study;
}

export interface StudyDifferences extends Table {
  /** Points that are not compared, since their live runs are in wall time. */
  apart: string[];
}
