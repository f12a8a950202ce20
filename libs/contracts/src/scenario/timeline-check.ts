import { MAX_PAGE } from '@faultline/domain';
import type { Scenario } from './copies';
import { type ActionKey, actionKeys, type ScenarioStep } from './timeline-schema';

type Path = readonly PropertyKey[];
/** Complains about the place in the file: what was found there, what was expected. */
export type Fail = (path: Path, found: string, expected: string) => never;

/** A step's only action, with what it is given. */
type Written<K extends ActionKey = ActionKey> = {
  [A in K]: [action: A, value: NonNullable<ScenarioStep[A]>];
}[K];

/** The action of a step; the schema has made sure that there is exactly one. */
export function actionOf(step: ScenarioStep): Written {
  const key = actionKeys.find((each) => step[each] !== undefined);
  if (key === undefined) throw new Error('a step of the timeline has no action');
  return [key, step[key]] as Written;
}

/** Processes that do not start at the beginning: a step starts them, or lets them take another's PASID over. */
export function lateProcesses(scenario: Pick<Scenario, 'timeline'>): Set<string> {
  return new Set(
    scenario.timeline.flatMap((step) => {
      if (step.start !== undefined) return [step.start];
      return step.replaceDomain ? [step.replaceDomain.by] : [];
    }),
  );
}

interface ProcessState {
  started: boolean;
  exited: boolean;
  /** Its PASID names it. */
  bound: boolean;
  /** What it uses as PASID: a number, or its own name while nobody has decided. */
  pasid: number | string;
}

/**
 * Goes through the timeline as the run will, and complains about the first step that cannot be: a name that is not there, a process
 * that starts twice, a PASID with two owners, a device that is gone. What depends on areas is checked when the scenario is resolved.
 */
export function checkTimeline(scenario: Scenario, fail: Fail): void {
  const walk = new TimelineWalk(scenario, fail);
  scenario.timeline.forEach((step, index) => walk.take(step, ['timeline', index]));
  walk.end();
}

class TimelineWalk {
  private readonly processes = new Map<string, ProcessState>();
  /** Who has a PASID. */
  private readonly owners = new Map<number | string, string>();
  /** Devices that are gone, each with its step. */
  private readonly removed = new Map<string, number>();
  /** Devices that hang, each with the place where they began to. */
  private readonly hung = new Map<string, Path>();
  private readonly withoutQueue = new Set<string>();

  constructor(
    private readonly scenario: Scenario,
    private readonly fail: Fail,
  ) {
    const late = lateProcesses(scenario);
    scenario.processes.forEach((process, index) => {
      const pasid = process.pasid ?? process.name;
      this.processes.set(process.name, { started: false, exited: false, bound: false, pasid });
      if (!late.has(process.name)) this.bind(process.name, ['processes', index, 'pasid']);
    });
    this.checkWorkloads();
  }

  take(step: ScenarioStep, at: Path): void {
    const [action, value] = actionOf(step);
    const path = [...at, action];
    switch (action) {
      case 'start':
        return this.start(value, path);
      case 'exit':
        return this.exit(value, path);
      case 'unbind':
        return this.unbind(value, path);
      case 'unmap':
      case 'protect':
      case 'migrate':
        return this.change(action, value, path);
      case 'reclaim':
        return this.reclaim(value.shard, path);
      case 'removeDevice':
      case 'surpriseRemove':
        return this.remove(value, path);
      case 'hangDevice':
        return this.hang(value, path);
      case 'resetDevice':
        this.device(value, path);
        this.hung.delete(value);
        return;
      case 'removeQueue':
      case 'addQueue':
        return this.queue(action, value, path);
      case 'replaceDomain':
        return this.replace(value, path);
    }
  }

  /** A device that hangs to the end would keep the run from ending. */
  end(): void {
    for (const [name, path] of this.hung) {
      const expected = `a later step that ends it: resetDevice, removeDevice or surpriseRemove of ${name}, or unbind of a process it works for`;
      this.fail(path, `device '${name}' hung to the end`, expected);
    }
  }

  private start(name: string, path: Path): void {
    const process = this.process(name, path);
    if (process.started)
      this.fail(path, `process '${name}' started a second time`, 'a process that has not started');
    for (const device of this.devicesOf(name)) {
      const step = this.removed.get(device);
      if (step === undefined) continue;
      const found = `process '${name}' started, whose workload runs on '${device}', gone since step ${step + 1}`;
      this.fail(path, found, 'a process whose devices are there');
    }
    this.bind(name, path);
  }

  private exit(name: string, path: Path): void {
    this.living('exit', name, path).exited = true;
  }

  private unbind(name: string, path: Path): void {
    const process = this.process(name, path);
    if (!process.bound) {
      const why = process.started ? 'whose PASID is not bound any more' : 'which has not started';
      this.fail(path, `unbind of process '${name}', ${why}`, 'a process that is bound at that moment');
    }
    process.bound = false;
    this.owners.delete(process.pasid);
    // A device that does not let go of a PASID is reset by the teardown (R95).
    for (const device of this.devicesOf(name)) this.hung.delete(device);
  }

  private change(
    action: string,
    range: { process: string; startPage: number; pages: number },
    path: Path,
  ): void {
    this.living(action, range.process, [...path, 'process']);
    const last = range.startPage + range.pages - 1;
    if (last <= MAX_PAGE) return;
    const expected = `page numbers of at most 52 bits (${MAX_PAGE})`;
    this.fail([...path, 'pages'], `pages ${range.startPage} to ${last}`, expected);
  }

  private reclaim(shard: number, path: Path): void {
    const { shards } = this.scenario.mm;
    if (shard >= shards)
      this.fail([...path, 'shard'], `shard ${shard}`, `one of the ${shards} shards, counted from 0`);
  }

  private remove(name: string, path: Path): void {
    this.device(name, path);
    this.hung.delete(name);
    this.removed.set(name, Number(path[1]));
  }

  private hang(name: string, path: Path): void {
    this.device(name, path);
    if (this.hung.has(name)) this.fail(path, `device '${name}' hung a second time`, 'a device that works');
    this.hung.set(name, path);
  }

  private queue(action: 'removeQueue' | 'addQueue', name: string, path: Path): void {
    this.known('iommu', name, this.scenario.iommus, path);
    const isGone = this.withoutQueue.has(name);
    if (action === 'removeQueue' && isGone)
      this.fail(path, `queues of '${name}' removed a second time`, 'an IOMMU that has its queues');
    if (action === 'addQueue' && !isGone)
      this.fail(path, `queues added to '${name}', which has them`, 'an IOMMU whose queues were removed');
    if (isGone) this.withoutQueue.delete(name);
    else this.withoutQueue.add(name);
  }

  private replace(value: NonNullable<ScenarioStep['replaceDomain']>, path: Path): void {
    const { device, process: name, by } = value;
    const old = this.process(name, [...path, 'process']);
    if (!old.bound)
      this.fail(
        [...path, 'process'],
        `process '${name}', which is not bound`,
        'one whose PASID is bound at that moment',
      );
    this.device(device, [...path, 'device']);
    if (!this.devicesOf(name).includes(device))
      this.fail([...path, 'device'], `device '${device}'`, `a device with a workload of '${name}'`);
    const next = this.process(by, [...path, 'by']);
    if (next.started) this.fail([...path, 'by'], `process '${by}', which has started`, 'one that has not');
    if (typeof next.pasid === 'number' && next.pasid !== old.pasid)
      this.fail(
        [...path, 'by'],
        `process '${by}' with PASID ${next.pasid}`,
        `one without a PASID, or with that of '${name}' (R105)`,
      );
    old.bound = false;
    Object.assign(next, { started: true, bound: true, pasid: old.pasid });
    this.owners.set(old.pasid, by);
  }

  /** The process has its PASID from here on. */
  private bind(name: string, path: Path): void {
    const process = this.process(name, path);
    const owner = this.owners.get(process.pasid);
    if (owner !== undefined) {
      const expected = `one process a PASID at a time: a PASID of its own, or a step 'unbind: ${owner}' before (R93, R102)`;
      this.fail(path, `PASID ${process.pasid} of '${name}' while '${owner}' has it`, expected);
    }
    this.owners.set(process.pasid, name);
    Object.assign(process, { started: true, bound: true });
  }

  /** Workloads of a process begin when it starts; one that takes over a PASID goes on with those of the other. */
  private checkWorkloads(): void {
    const starting = new Set(this.scenario.timeline.map((step) => step.start));
    const late = lateProcesses(this.scenario);
    this.scenario.devices.forEach(({ workloads }, device) =>
      workloads.forEach(({ process }, place) => {
        if (!late.has(process) || starting.has(process)) return;
        const path = ['devices', device, 'workloads', place, 'process'];
        const found = `a workload of process '${process}', which no step starts`;
        this.fail(path, found, 'none: a process that takes a PASID over goes on with the workloads it finds');
      }),
    );
  }

  private living(action: string, name: string, path: Path): ProcessState {
    const process = this.process(name, path);
    if (!process.started)
      this.fail(path, `${action} of process '${name}', which has not started`, 'a process that is there');
    if (process.exited)
      this.fail(path, `${action} of process '${name}', which has ended`, 'a process that is there');
    return process;
  }

  private process(name: string, path: Path): ProcessState {
    return (
      this.processes.get(name) ??
      this.fail(path, `process '${name}'`, `one of ${[...this.processes.keys()].join(', ')}`)
    );
  }

  private device(name: string, path: Path): void {
    this.known('device', name, this.scenario.devices, path);
    const step = this.removed.get(name);
    if (step !== undefined)
      this.fail(path, `device '${name}', gone since step ${step + 1}`, 'a device that is there');
  }

  private known(what: string, name: string, list: readonly { name: string }[], path: Path): void {
    if (!list.some((each) => each.name === name))
      this.fail(path, `${what} '${name}'`, `one of ${list.map((each) => each.name).join(', ')}`);
  }

  /** Devices that have workloads of the process, or of the one whose PASID it took over. */
  private devicesOf(name: string): string[] {
    const names = new Set([name]);
    for (const { replaceDomain } of this.scenario.timeline.toReversed())
      if (replaceDomain && names.has(replaceDomain.by)) names.add(replaceDomain.process);
    return this.scenario.devices
      .filter(({ workloads }) => workloads.some(({ process }) => names.has(process)))
      .map((device) => device.name);
  }
}
