import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ResolvedScenario } from '@faultline/contracts';
import { checkScenario } from '../../apps/lab/src/scenario/preflight';
import { complaintsOf } from '../kit/audit-log';
import { HISTORIES, historyOf, writeHistory } from '../kit/history';
import { runVirtually } from '../kit/virtual-run';

const REPOSITORY = join(__dirname, '../..');

/** Examples that are recorded, cut down so that a history is small and still has every kind of event it had. */
export const RECORDED: readonly { example: string; settings: string[] }[] = [
  {
    example: 'quickstart',
    settings: [
      'devices.0.workloads.0.limit=600',
      'devices.1.workloads.0.accesses=800',
      'devices.2.workloads.0.limit=400',
      'devices.3.workloads.0.accesses=300',
    ],
  },
  {
    example: 'lifecycle',
    settings: [
      'devices.0.workloads.0.accesses=260',
      'devices.0.workloads.1.accesses=160',
      'devices.1.workloads.0.accesses=500',
      'devices.2.workloads.0.accesses=500',
      'devices.3.workloads.0.accesses=500',
      'devices.4.workloads.0.accesses=500',
      'timeline.0.after.accesses=60',
      'timeline.4.after.accesses=260',
      'timeline.7.after.accesses=420',
    ],
  },
  {
    example: 'pressure',
    settings: ['devices.0.workloads.0.accesses=800', 'devices.1.workloads.0.accesses=800'],
  },
];

/** The version of this program. */
export function currentVersion(): string {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Runs an example in virtual time and keeps its log as the history of the current version. */
export async function recordHistory({ example, settings }: (typeof RECORDED)[number]): Promise<void> {
  const scenario = await scenarioOf(example, settings);
  const { log, report } = await runVirtually(scenario);
  const complaints = complaintsOf(report);
  if (complaints.length > 0) throw new Error(`${example} is not worth keeping:\n${complaints.join('\n')}`);
  mkdirSync(join(HISTORIES, currentVersion()), { recursive: true });
  writeHistory(await historyOf(currentVersion(), scenario, log));
}

/** Files are named from the repository on, so that a history says nothing of the machine that recorded it. */
async function scenarioOf(example: string, settings: readonly string[]): Promise<ResolvedScenario> {
  const { resolved } = await checkScenario(join(REPOSITORY, 'examples', `${example}.yaml`), settings);
  const devices = resolved.devices.map((device) => ({
    ...device,
    workloads: device.workloads.map((workload) =>
      'file' in workload ? { ...workload, file: relative(REPOSITORY, workload.file) } : workload,
    ),
  }));
  return { ...resolved, devices };
}
