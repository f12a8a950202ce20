import { labSchema, type ResolvedScenario } from '@faultline/contracts';
import { followRecords } from './follow';
import type { ServicePorts } from './ports';

/** Waits for the laboratory's scenario, which stands in the log, so that an instance that starts late learns it as well. */
export async function awaitScenario(ports: ServicePorts): Promise<ResolvedScenario> {
  return new Promise((resolve, reject) => {
    const following = followRecords(ports, {
      subject: ports.subjects.labLog,
      schemas: [labSchema],
      unit: ports.config.instance,
      onRecords: (events) => {
        for (const event of events) {
          if (event.kind !== 'ScenarioLoaded') continue;
          resolve(event.scenario as ResolvedScenario);
          void following.then((running) => running.stop());
        }
      },
    });
    following.catch(reject);
  });
}
