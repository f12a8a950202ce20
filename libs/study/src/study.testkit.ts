import { type FaultMeasures, STAGES } from '@faultline/audit';
import { Histogram } from '@faultline/stats';
import type { PointRun } from './point-run';

/** A study with every part that its tests need. */
export const STUDY_TEXT = `name: small
title: Throughput against workers
question: How far do more servers help?
scenario: quickstart.yaml
vary:
  - { name: servers, set: workers.servers, values: { from: 1, to: 8, factor: 2 } }
  - { name: queues, set: queues, values: [global, per-iommu] }
plots:
  - { id: throughput, title: Throughput, x: servers, y: throughput, by: queues }
`;

/** A run of a point with these figures, and nothing wrong with it. */
export function pointRun(given: Partial<PointRun> = {}): PointRun {
  const none = new Histogram().toData();
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, none]));
  return {
    format: 'faultline-point/2',
    point: 0,
    repetition: 1,
    mode: 'simulated',
    seed: 1,
    profile: 'pri-minor',
    timeScale: 1,
    wallMillis: 10,
    endedAtMicros: 1e15,
    modelledMicros: 20,
    figures: {},
    histograms: { endToEnd: none, ...stages } as PointRun['histograms'],
    window: { fromMicros: 0, toMicros: 1, runMicros: 1 },
    audit: { clean: true, violated: [] },
    logHash: 'f00d',
    live: null,
    failure: null,
    ...given,
  };
}

/** A fault that was sent then and took so long, all of it in the mm. */
export function fault(
  sentAtMicros: number,
  tookMicros: number | null,
  given: Partial<FaultMeasures> = {},
): FaultMeasures {
  const settledAtMicros = tookMicros === null ? null : sentAtMicros + tookMicros;
  return {
    iommu: 0,
    device: 0,
    queue: 'iommu-0',
    code: 'success',
    settlement: tookMicros === null ? null : 'completed',
    totalMicros: tookMicros,
    stages: { deviceToIommu: 0, iommuToQueue: 0, queueWait: 0, mm: tookMicros, response: 0, retry: 0 },
    instants: {
      sentAtMicros,
      writtenAtMicros: sentAtMicros,
      queuedAtMicros: sentAtMicros,
      startedAtMicros: sentAtMicros,
      handlingAtMicros: sentAtMicros,
      handledAtMicros: settledAtMicros,
      respondedAtMicros: settledAtMicros,
      receivedAtMicros: settledAtMicros,
      settledAtMicros,
    },
    ...given,
  };
}
