import { type Study, studyResult } from '@faultline/study';
import { type StudyOrigin, studyReport, type StudyReportData } from '..';
import {
  studyOf,
  SYNTHETIC_BEGIN,
  type Synthetic,
  syntheticRuns,
} from '../../../study/src/synthetic.testkit';

export const ORIGIN: StudyOrigin = {
  ...{
    id: '20260101-000000-test',
    file: 'studies/test.yaml',
    startedAtMicros: SYNTHETIC_BEGIN,
  },
  program: { version: '0.1.0', commit: 'abc1234' },
  machine: { cpu: 'a processor', cores: 2, memoryBytes: 2 ** 31, os: 'Linux', node: 'v20.0.0' },
};

type Runs = Parameters<typeof syntheticRuns>;

/** The report of a study whose runs come to what is told of each point. */
export function studyReportOf(study: Study, of: Runs[1], change?: Runs[2]): StudyReportData {
  return studyReport(studyResult(study, syntheticRuns(study, of, change)), ORIGIN);
}

/** Workers that share a lock: throughput rises, and falls when there are many; where the shards are more, later. */
export const contended: Runs[1] = ({ servers, shards = 1 }, mode): Synthetic => {
  const count = Number(servers);
  const kappa = 0.004 / Number(shards);
  const perSecond = (9000 * count) / (1 + 0.05 * (count - 1) + kappa * count * (count - 1));
  const software = mode === 'live' ? 1.04 : 1;
  return {
    perSecond: perSecond / software,
    stages: {
      ...{ deviceToIommu: 1, iommuToQueue: 13 * software, queueWait: 4e5 / perSecond, mm: 6 + 0.8 * count },
      response: 3 * software * Number(shards),
    },
  };
};

export const SERVERS = {
  name: 'servers',
  set: 'workers.servers',
  unit: 'threads',
  values: [1, 2, 4, 8, 16, 32],
};
export const SHARDS = { name: 'shards', set: 'mm.shards', values: [1, 2, 4] };

/** A study of numbers, with a fit and a published shape. */
export const scalingStudy = (change: Record<string, unknown> = {}): Study =>
  studyOf({
    ...{ name: 'scaling', title: 'How far workers carry', repetitions: 3 },
    question:
      'How does the throughput of page faults grow with the workers that handle them, and what does it cost each fault?',
    vary: [SERVERS, SHARDS],
    plots: [
      {
        ...{
          id: 'throughput',
          title: 'Throughput over workers',
          x: 'servers',
          y: 'throughput',
          by: 'shards',
        },
        ...{ log: 'x', fit: 'usl' },
        published: [
          {
            ...{ label: 'A paper, figure 3', mark: 'read' },
            points: [
              [1, 100],
              [2, 190],
              [4, 330],
              [8, 500],
              [16, 560],
              [32, 470],
            ],
          },
        ],
      },
      {
        id: 'latency',
        title: 'Tail of the latency',
        x: 'servers',
        y: 'latency.p99',
        by: 'shards',
        log: 'xy',
      },
    ],
    holds: [
      {
        says: 'more workers carry more at first',
        figure: 'throughput',
        at: { shards: 1, servers: 4 },
        against: { shards: 1, servers: 1 },
        ratio: '> 2',
      },
      {
        says: 'and then they are in each other’s way',
        figure: 'throughput',
        at: { shards: 1 },
        over: 'servers',
        shape: 'peaks',
      },
      { says: 'no fault is left open', figure: 'unsettled', value: '== 0', published: false },
      {
        says: 'the tail does not grow',
        figure: 'latency.p99',
        at: { shards: 1 },
        over: 'servers',
        shape: 'falls',
      },
    ],
    published: {
      ...{
        shape: 'throughput rises to about 16 workers and falls beyond',
        source: 'A paper (2020), section 5',
      },
      why: 'the lock of an address space is taken for each page, as there',
    },
    ...change,
  });

const WORDS = [
  ...['per-iommu', 'global', 'per-device', 'per-process', 'round-robin', 'hashed-by-pasid', 'sticky'],
  ...['least-loaded', 'power-of-two-choices', 'weighted-by-credits-left', 'random', 'none'],
];

/** A study of both modes, over words. */
export const bothStudy = (change: Record<string, unknown> = {}): Study =>
  studyOf({
    ...{ name: 'queues', title: 'Where to queue', question: 'What does a queue for each IOMMU bring?' },
    ...{ mode: 'both', repetitions: 3 },
    vary: [
      { name: 'queues', set: 'queues', values: WORDS.slice(0, 3) },
      { ...SERVERS, values: [1, 4, 16] },
    ],
    plots: [
      { id: 'words', title: 'Throughput by queues', x: 'queues', y: 'throughput', by: 'servers' },
      {
        id: 'numbers',
        title: 'Throughput by servers',
        x: 'servers',
        y: 'throughput',
        by: 'queues',
        log: 'x',
      },
    ],
    ...change,
  });

/** A study over a parameter of which some values are numbers and one is not, with published points of each kind. */
export const mixedStudy = (): Study =>
  studyOf({
    ...{ name: 'mixed', title: 'Numbers and words', question: 'Is there a place for each?' },
    vary: [{ name: 'timeout', set: 'devices.0.responseTimeoutMicros', values: ['off', 2000, 20000] }],
    plots: [
      {
        ...{ id: 'rate', title: 'Throughput', x: 'timeout', y: 'throughput' },
        published: [
          {
            label: 'A paper',
            mark: 'read',
            points: [
              ['off', 2],
              [20000, 8],
            ],
          },
          { label: 'A note', mark: 'secondary', points: [[2000, 8]] },
          { label: 'Ours to say', mark: 'derived', points: [['off', 8]] },
        ],
      },
    ],
  });

/** As many lines and values as a figure has room for, over numbers and over words. */
export const denseStudy = (change: Record<string, unknown> = {}): Study =>
  studyOf({
    ...{ name: 'dense', title: 'Everything at once', question: 'Does all of it have room?', repetitions: 2 },
    vary: [
      {
        name: 'servers',
        set: 'workers.servers',
        values: Array.from({ length: 12 }, (_, place) => 2 ** place),
      },
      { name: 'shards', set: 'mm.shards', values: Array.from({ length: 12 }, (_, place) => place + 1) },
    ],
    plots: [
      { id: 'log', title: 'On log axes', x: 'servers', y: 'latency.p99', by: 'shards', log: 'xy' },
      { id: 'linear', title: 'On linear axes', x: 'servers', y: 'throughput', by: 'shards', fit: 'usl' },
      { id: 'even', title: 'Evenly spaced', x: 'shards', y: 'throughput', by: 'servers', log: 'y' },
    ],
    ...change,
  });

/** The same over words. */
export const denseWords = (): Study =>
  studyOf({
    ...{ name: 'words', title: 'Many words', question: 'Do they have room?', repetitions: 2 },
    vary: [
      { name: 'queues', set: 'queues', values: WORDS },
      {
        name: 'servers',
        set: 'workers.servers',
        values: Array.from({ length: 12 }, (_, place) => place + 1),
      },
    ],
    plots: [
      { id: 'words', title: 'By words', x: 'queues', y: 'throughput', by: 'servers' },
      { id: 'few', title: 'One line', x: 'queues', y: 'latency.p99', where: { servers: 3 }, log: 'y' },
    ],
  });

/** Made once: a report of so many runs takes a while. Nobody may change it. */
const once = <T>(make: () => T): (() => T) => {
  let made: { of: T } | undefined;
  return () => (made ??= { of: make() }).of;
};
export const scalingReport = once(() => studyReportOf(scalingStudy(), contended));
export const bothReport = once(() => studyReportOf(bothStudy(), contended));
