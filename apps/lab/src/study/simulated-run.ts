import { simulate } from '@faultline/simulation';
import { PointMeter, type PointRun } from '@faultline/study';
import { nowMicros } from '@faultline/messaging';
import { growHeapSparingly, simulationPlatform } from '@faultline/runtime';
import { failedRun, violatedOf } from './failed-run';
import { hasOpenLoop } from './open-loop';
import { knownOf, type RunJob } from './run-job';

/** Makes a simulated run of a point. What goes wrong with it is told in its place, and the study goes on. */
export async function simulatedRun(job: RunJob): Promise<PointRun> {
  const { seed, scenario, window, apart } = job;
  growHeapSparingly();
  const begun = performance.now();
  const devices = scenario.devices.map(({ name }) => name);
  const meter = new PointMeter({ timeScale: 1, window, devices, apart });
  const known = { ...knownOf(job), live: null };
  const { hopMicros, hopP99Micros, loss, duplication } = job.network;
  const median = hopMicros ?? hopP99Micros;
  try {
    const { audit, logHash, hostUse } = await simulate(scenario, simulationPlatform, {
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
      ...known,
      ...meter.measured(audit, hostUse),
      wallMillis: Math.round(performance.now() - begun),
      endedAtMicros: nowMicros(),
      audit: { clean: audit.clean, violated: violatedOf(audit) },
      logHash,
      failure: null,
    };
  } catch (error) {
    return failedRun(known, performance.now() - begun, error);
  }
}
