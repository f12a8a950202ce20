import { labSchema, refuseNewer, type ResolvedScenario } from '@faultline/contracts';
import { followRecords } from '@faultline/units';
import type { ServicePorts } from './ports';

/**
 * Waits for the laboratory's scenario, which stands in the log, so that an instance that starts late learns it as well. Rejects with
 * `WrittenByNewer` when the log begins with what a later version wrote: waiting for what cannot be read would have no end.
 */
export async function awaitScenario(ports: ServicePorts): Promise<ResolvedScenario> {
  const { labLog } = ports.subjects;
  const last = await ports.log.last(labLog);
  if (last) refuseNewer(labLog, last.headers);
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
      onFailure: (error) => ports.fail(error),
    });
    following.catch(reject);
  });
}
