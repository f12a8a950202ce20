import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ResolvedScenario, ServiceName } from '@faultline/contracts';
import { BadInput, RunFailed } from '../errors';

/** One process of a run. */
export interface PlannedInstance {
  service: ServiceName;
  instance: string;
}

/** What of a scenario says how many processes it runs on. */
export interface SystemSize {
  workers: Pick<ResolvedScenario['workers'], 'processes'>;
  replicas: ResolvedScenario['replicas'];
}

/** How many processes of each service a scenario runs on. */
export function processCounts({ workers, replicas }: SystemSize): Record<ServiceName, number> {
  return {
    // The one that takes longest to start is first; the order has no other meaning.
    'event-log': 1,
    'mm-handler': replicas.mmHandlers,
    iommu: replicas.iommus,
    'device-emulator': replicas.deviceEmulators,
    'iopf-worker': workers.processes,
  };
}

/** The processes a scenario runs on. */
export function planInstances(size: SystemSize): PlannedInstance[] {
  const { 'iopf-worker': workers, ...others } = processCounts(size);
  return [
    ...(Object.entries(others) as [ServiceName, number][]).flatMap(([name, count]) => several(name, count)),
    ...Array.from({ length: workers }, (_, index) => numbered('iopf-worker', index)),
  ];
}

/** The only one of a service goes by its name. */
function several(service: ServiceName, count: number): PlannedInstance[] {
  if (count === 1) return [{ service, instance: service }];
  return Array.from({ length: count }, (_, index) => numbered(service, index));
}

function numbered(service: ServiceName, index: number): PlannedInstance {
  return { service, instance: `${service}-${index + 1}` };
}

/** A process of services for each worker: more than this is for simulations, which have them in one. */
const MOST_WORKER_PROCESSES = 64;

/** Throws {@link BadInput} for a scenario that a run of services is too small for. */
export function refuseCrowd({ workers: { processes } }: Pick<SystemSize, 'workers'>): void {
  if (processes > MOST_WORKER_PROCESSES)
    throw new BadInput(
      `workers.processes is ${processes}, expected at most ${MOST_WORKER_PROCESSES} for a run of services; 'faultline simulate' takes more`,
    );
}

/** The compiled entry point of a service: dist/apps/<service>/src/main.js, beside our own. Containers start the same ones. */
export function entryPoint(service: ServiceName, file = 'main.js', apps = appsDirectory()): string {
  const script = resolve(apps, service, 'src', file);
  if (existsSync(script)) return script;
  throw new RunFailed(`service ${service} is not built (no ${script}): run 'npm run build'`);
}

/** This file is apps/lab/src/run/plan, below dist/ when it is compiled; run from the sources, it finds what was built. */
function appsDirectory(): string {
  const apps = resolve(__dirname, '../../..');
  return __filename.endsWith('.ts') ? resolve(apps, '../dist/apps') : apps;
}
