import { FAULTLINE_VERSION } from '@faultline/contracts';
import { checkScenarioText } from '../scenario/preflight';
import type { RunJob } from './run-job';

const SCENARIO = `name: small
iommus: [{ name: pri, model: pri }]
processes: [{ name: app }]
devices:
  - name: device
    iommu: pri
    workloads:
      - { process: app, pattern: sequential, accesses: 60, pages: 60, outstanding: 8 }
`;

/** The job of a small run. */
export async function jobOf(change: Partial<RunJob> = {}, settings: string[] = []): Promise<RunJob> {
  const { resolved: scenario } = await checkScenarioText('small.yaml', SCENARIO, settings);
  return {
    ...{ version: FAULTLINE_VERSION, mode: 'simulated', point: 2, repetition: 3, seed: 1, settings },
    ...{ network: {}, scenario, window: { from: 0, to: 1 }, apart: [], studyFile: 'study.yaml' },
    ...change,
  };
}
