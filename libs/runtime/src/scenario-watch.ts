import { labSchema, type ResolvedScenario } from '@faultline/contracts';
import type { ServicePorts } from './ports';

/** Waits for the laboratory's scenario, which stands in the log, so that an instance that starts late learns it as well. */
export async function awaitScenario(ports: ServicePorts): Promise<ResolvedScenario> {
  return new Promise((resolve, reject) => {
    const following = ports.log.follow({
      subject: ports.subjects.labLog,
      fromSequence: 1,
      onMessage: (message) => {
        for (const event of labSchema.decode(message.body)) {
          if (event.kind !== 'ScenarioLoaded') continue;
          resolve(event.scenario as ResolvedScenario);
          void following.then((running) => running.stop());
        }
      },
      onError: reject,
    });
    following.catch(reject);
  });
}
