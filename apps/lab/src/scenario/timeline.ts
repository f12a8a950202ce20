import {
  actionOf,
  type ResolvedProcess,
  type ResolvedStep,
  type Scenario,
  ScenarioError,
  type ScenarioStep,
  type StepAction,
  type StepActionName,
} from '@faultline/contracts';
import { parsePermissions } from '@faultline/domain';
import { formatPage } from '@faultline/stats';
import { at } from './at';
import type { ScenarioSource } from './scenario-source';
import { checkReadable } from './vmas';

type Path = readonly (string | number)[];
type Processes = ReadonlyMap<string, ResolvedProcess>;
interface Names {
  processes: Processes;
  devices: ReadonlyMap<string, number>;
  iommus: ReadonlyMap<string, number>;
}

/** Steps with numbers for names. Throws {@link ScenarioError} for a step whose pages are in no area of its process. */
export function resolveTimeline(
  scenario: Scenario,
  processes: Processes,
  source: ScenarioSource,
): ResolvedStep[] {
  const names: Names = {
    processes,
    devices: new Map(scenario.devices.map(({ name }, index) => [name, index])),
    iommus: new Map(scenario.iommus.map(({ name }, index) => [name, index])),
  };
  return scenario.timeline.map((step, index) => {
    const action = resolveAction(step, names);
    checkPages(action, names, ['timeline', index, actionOf(step)[0]], source);
    return { ...(step.after ? { after: { ...step.after } } : {}), do: action };
  });
}

function resolveAction(step: ScenarioStep, names: Names): StepAction {
  const [key, value] = actionOf(step);
  switch (key) {
    case 'start':
    case 'exit':
    case 'unbind':
      return { action: key, ...processOf(value, names) };
    case 'unmap':
    case 'migrate':
      return { action: key, ...value, ...processOf(value.process, names) };
    case 'protect':
      return {
        action: key,
        ...value,
        permissions: parsePermissions(value.permissions) ?? 0,
        ...processOf(value.process, names),
      };
    case 'reclaim':
      return { action: key, ...value };
    case 'removeDevice':
    case 'surpriseRemove':
    case 'hangDevice':
    case 'resetDevice':
      return { action: deviceActions[key], name: value, device: at(names.devices, value) };
    case 'removeQueue':
    case 'addQueue':
      return { action: queueActions[key], name: value, iommu: at(names.iommus, value) };
    case 'replaceDomain': {
      const { device, process, by } = value;
      return {
        action: 'replace-domain',
        ...processOf(process, names),
        ...{ by, byMm: at(names.processes, by).mm },
        ...{ name: device, device: at(names.devices, device) },
      };
    }
  }
}

const deviceActions = {
  removeDevice: 'remove-device',
  surpriseRemove: 'surprise-remove',
  hangDevice: 'hang-device',
  resetDevice: 'reset-device',
} as const satisfies Record<string, StepActionName>;

const queueActions = {
  removeQueue: 'remove-queue',
  addQueue: 'add-queue',
} as const satisfies Record<string, StepActionName>;

function processOf(process: string, { processes }: Names): { process: string; mm: number; pasid: number } {
  const { mm, pasid } = at(processes, process);
  return { process, mm, pasid };
}

/** A step that changes pages which no area has would change nothing, and was meant for others. */
function checkPages(action: StepAction, { processes }: Names, path: Path, source: ScenarioSource): void {
  if (!('startPage' in action)) return;
  if ('permissions' in action) checkReadable(action.permissions, [...path, 'permissions'], source);
  const { startPage, pages } = action;
  const { vmas, name } = at(processes, action.process);
  if (vmas.some((area) => area.startPage < startPage + pages && startPage < area.startPage + area.pages))
    return;
  const areas = vmas.map(
    (area) => `${formatPage(area.startPage)} to ${formatPage(area.startPage + area.pages - 1)}`,
  );
  throw new ScenarioError(
    source.file,
    source.lineOf([...path, 'startPage']),
    `pages ${formatPage(startPage)} to ${formatPage(startPage + pages - 1)}, where '${name}' has no area`,
    `pages of an area: ${areas.slice(0, 4).join(', ')}${areas.length > 4 ? ', ...' : ''}`,
  );
}
