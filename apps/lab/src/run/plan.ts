import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ResolvedScenario, ServiceName } from '@faultline/contracts';
import { RunFailed } from '../errors';

/** One process of a run. */
export interface PlannedInstance {
  service: ServiceName;
  instance: string;
}

/** The processes a scenario runs on. */
export function planInstances(scenario: ResolvedScenario): PlannedInstance[] {
  const workers = Array.from(
    { length: scenario.workers.processes },
    (_, index) => `iopf-worker-${index + 1}`,
  );
  return [
    // The one that takes longest to start is first; the order has no other meaning.
    { service: 'event-log', instance: 'event-log' },
    { service: 'mm-handler', instance: 'mm-handler' },
    { service: 'iommu', instance: 'iommu' },
    { service: 'device-emulator', instance: 'device-emulator' },
    ...workers.map((instance) => ({ service: 'iopf-worker' as const, instance })),
  ];
}

/** The compiled entry point of a service: dist/apps/<service>/src/main.js, beside our own. Containers start the same ones. */
export function entryPoint(service: ServiceName, apps = appsDirectory()): string {
  const script = resolve(apps, service, 'src', 'main.js');
  if (existsSync(script)) return script;
  throw new RunFailed(`service ${service} is not built (no ${script}): run 'npm run build'`);
}

/** This file is apps/lab/src/run/plan, below dist/ when it is compiled; run from the sources, it finds what was built. */
function appsDirectory(): string {
  const apps = resolve(__dirname, '../../..');
  return __filename.endsWith('.ts') ? resolve(apps, '../dist/apps') : apps;
}
