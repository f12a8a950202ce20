import { type ResolvedScenario, totalMicros } from '@faultline/contracts';
import { simulate } from '@faultline/simulation';
import { type PlannedRun, PointMeter, type PointRun, type Study } from '@faultline/study';
import { simulationPlatform } from '../platform';
import { failedRun, violatedOf } from './failed-run';
import { hasOpenLoop } from './open-loop';

/** Everything that a process needs to make one simulated run. Plain data. */
export interface SimulationJob extends Pick<PlannedRun, 'point' | 'repetition' | 'seed'> {
  scenario: ResolvedScenario;
  window: Study['window'];
  network: Study['network'];
  /** Devices that have figures of their own. */
  apart: string[];
}

/** Makes a simulated run of a point. What goes wrong with it is told in its place, and the study goes on. */
export async function simulatedRun(job: SimulationJob): Promise<PointRun> {
  const { point, repetition, seed, scenario, window, apart } = job;
  const begun = performance.now();
  const devices = scenario.devices.map(({ name }) => name);
  const meter = new PointMeter({ timeScale: 1, window, devices, apart });
  const common = {
    format: 'faultline-point/1',
    mode: 'simulated',
    ...{ point, repetition, seed },
    timeScale: 1,
    profile: scenario.profile,
    modelledMicros: totalMicros(scenario.cost, scenario.hostCosts),
    live: null,
  } as const;
  const { hopMicros, hopP99Micros, loss, duplication } = job.network;
  const median = hopMicros ?? hopP99Micros;
  try {
    const { audit, logHash } = await simulate(scenario, simulationPlatform(), {
      seed,
      network: {
        ...(median === undefined ? {} : { hopMicros: { median, p99: hopP99Micros ?? median } }),
        ...(loss === undefined ? {} : { loss }),
        ...(duplication === undefined ? {} : { duplication }),
      },
      onFault: (row) => meter.take(row),
      onEvents: hasOpenLoop(scenario) ? (events) => meter.takeStarts(events) : undefined,
    });
    return {
      ...common,
      ...meter.measured(audit),
      wallMillis: Math.round(performance.now() - begun),
      audit: { clean: audit.clean, violated: violatedOf(audit) },
      logHash,
      failure: null,
    };
  } catch (error) {
    return failedRun(common, performance.now() - begun, error);
  }
}
