import {
  type AllocationCheck,
  checkDiscardPartial,
  checkQueueAlloc,
  collectMembers,
  createIopfState,
  devicesOfQueue,
  Errno,
  evolveAbortGroup,
  evolveAddDevice,
  evolveAnswered,
  evolveCloseGroup,
  evolveDevice,
  evolveDiscardPartial,
  evolveGroupDone,
  evolvePark,
  evolvePending,
  evolveQueueAlloc,
  evolveQueueFree,
  evolveRemoveDevice,
  evolveTakePartials,
  handleInOrder,
  type IopfDevice,
  type IopfGeneration,
  type IopfGroup,
  NO_PASID,
  planFlush,
  queuedGroups,
  type ReportPlan,
  type ResponsePlan,
} from '@faultline/domain';
import { ConformanceFileInvalid } from '../shape';
import type {
  IopfStep,
  IopfTopology,
  RecordedBinding,
  RecordedDeviceState,
  RecordedGroup,
  RecordedState,
  StepResult,
} from './format';
import { ModelledMemory } from './memory';
import { scriptFault, type ScriptFault } from './script-fault';

/** Steps that only one of the generations has. */
export type OwnStep = Exclude<IopfStep, { op: CommonOp }>;
type CommonOp =
  | 'queue_alloc'
  | 'queue_free'
  | 'add_device'
  | 'remove_device'
  | 'report'
  | 'run'
  | 'flush_dev'
  | 'discard_partial'
  | 'mm_exit'
  | 'mmap'
  | 'munmap'
  | 'mprotect'
  | 'mm_inject';

/**
 * The domain's fault layer between a script and a recording hardware. What both generations have in common; all decisions are
 * the layer's, this only carries them out and writes down what happens.
 */
export abstract class IopfMachine {
  protected readonly iopf = createIopfState<ScriptFault>();
  protected readonly memory: ModelledMemory;
  protected seen: StepResult = {};
  /** Fails the one allocation that the step names, once. */
  protected fails: AllocationCheck = () => false;
  private readonly ids: readonly string[];
  private readonly queues: readonly string[];

  constructor(
    protected readonly layer: IopfGeneration,
    topology: IopfTopology,
  ) {
    this.memory = new ModelledMemory(topology.mms);
    this.ids = topology.devices.map(({ id }) => id);
    this.queues = topology.queues;
    const iommuGroups = topology.devices.map(({ id, group }) => group ?? id);
    topology.devices.forEach((device, number) => {
      evolveDevice(this.iopf, number, {
        hasIommu: device.iommu ?? true,
        attached: device.attached ?? true,
        canRespond: device.pageResponse,
        iommuGroup: iommuGroups.indexOf(device.group ?? device.id),
        userPasidTable: device.userPasidTable,
        maxPasids: device.maxPasids,
      });
    });
  }

  /** Performs a step and returns everything it caused, but for the state. */
  apply(step: IopfStep): StepResult {
    let injected = false;
    this.seen = {};
    this.fails = (allocation) => {
      if (injected || allocation !== step.inject) return false;
      injected = true;
      return true;
    };
    this.perform(step);
    if (step.inject !== undefined) this.seen.injected = injected;
    return this.seen;
  }

  /** The whole state. */
  show(): RecordedState {
    const state: RecordedState = { devices: {}, queues: {}, mms: this.memory.show() };
    for (const device of this.iopf.devices.values()) {
      state.devices[this.idOf(device.device)] = this.showDevice(device);
    }
    for (const queue of this.queues) {
      const known = this.iopf.queues.get(queue);
      state.queues[queue] =
        known === undefined
          ? null
          : {
              work: queuedGroups(this.iopf, queue).map(({ serial }) => serial),
              devices: known.devices.map((device) => this.idOf(device)),
            };
    }
    return state;
  }

  protected abstract performOwn(step: OwnStep): void;
  /** A binding of the topology comes into force, before the first step. */
  abstract bindBeforehand(binding: RecordedBinding): void;
  /** The space in which the member of a group is handled; `undefined` when there is none. */
  protected abstract spaceOf(group: IopfGroup<ScriptFault>, member: ScriptFault): number | undefined;
  /** The hardware sees a response; returns what its callback returns. */
  protected abstract send(device: number, response: ResponsePlan<ScriptFault>, code: number): number;

  protected showDevice(device: IopfDevice<ScriptFault>): RecordedDeviceState {
    return {
      queue: device.queue,
      pending: this.layer.listPending(device).map((record) => record.fault.id),
      partial: device.partial.map((fault) => fault.id),
    };
  }

  protected idOf(device: number): string {
    return this.ids[device] ?? `device ${device}`;
  }

  protected device(id: string): IopfDevice<ScriptFault> {
    const device = this.iopf.devices.get(this.ids.indexOf(id));
    if (device === undefined) throw new ConformanceFileInvalid('dev', id, 'a device of the topology');
    return device;
  }

  /** Hands a response on that a plan lets through; returns its return code. */
  protected respond(device: IopfDevice<ScriptFault>, plan: ResponsePlan<ScriptFault>, code: number): number {
    if (plan.fault === null) return plan.result;
    const result = this.send(device.device, plan, code);
    // The request is over even if the callback fails (rule 20).
    evolveAnswered(device, plan.place);
    return result;
  }

  protected answer(group: IopfGroup<ScriptFault>, code: number): void {
    const device = this.iopf.devices.get(group.device);
    if (device !== undefined) this.respond(device, this.layer.planAnswer(device, group, code), code);
  }

  private perform(step: IopfStep): void {
    switch (step.op) {
      case 'queue_alloc':
        return this.allocate(step.queue);
      case 'queue_free':
        return this.free(step.queue);
      case 'add_device': {
        const { device } = this.device(step.dev);
        this.seen.ret = this.layer.checkAddDevice(this.iopf, device, this.fails);
        if (this.seen.ret === 0) evolveAddDevice(this.iopf, step.queue, device);
        return;
      }
      case 'remove_device':
        this.seen.ret = this.remove(step.queue, this.device(step.dev).device);
        return;
      case 'report':
        return this.report(this.device(step.dev), step.fault === null ? null : scriptFault(step.fault));
      case 'run': {
        const group = this.iopf.groups.get(step.group);
        if (group !== undefined) this.run([group]);
        return;
      }
      case 'flush_dev': {
        const plan = planFlush(this.layer, this.iopf, this.device(step.dev).device);
        this.seen.ret = plan.result;
        if (plan.warns) this.seen.warn = 1;
        return this.run(plan.groups);
      }
      case 'discard_partial':
        this.seen.ret = checkDiscardPartial(step.queue);
        if (step.queue !== null) evolveDiscardPartial(this.iopf, step.queue);
        return;
      case 'mm_exit':
      case 'mmap':
      case 'munmap':
      case 'mprotect':
      case 'mm_inject':
        return this.memory.apply(step);
      default:
        return this.performOwn(step);
    }
  }

  private allocate(queue: string): void {
    const refusal = checkQueueAlloc(this.fails);
    this.seen.ret = refusal === 0 ? 0 : null;
    if (refusal === 0) evolveQueueAlloc(this.iopf, queue);
  }

  private free(queue: string | null): void {
    if (queue === null) return;
    for (const device of devicesOfQueue(this.iopf, queue)) this.remove(queue, device);
    this.run(queuedGroups(this.iopf, queue));
    evolveQueueFree(this.iopf, queue);
  }

  private remove(queue: string | null, device: number): number | undefined {
    const plan = this.layer.planRemoval(this.iopf, queue, device);
    if (plan.warns) this.seen.warn = 1;
    if (queue === null || !plan.removes) return plan.result;
    for (const group of plan.answered) {
      this.answer(group, plan.code);
      // The recording shows what the original does then, and goes on as if the work had been cancelled (rule 34).
      if (group.queue !== null) this.hazard('work-freed-while-queued', group);
      (this.seen.freedGroups ??= []).push(group.serial);
      evolveGroupDone(this.iopf, group.serial);
    }
    evolveRemoveDevice(this.iopf, queue, device);
    return plan.result;
  }

  protected hazard(kind: string, group: IopfGroup<ScriptFault>): void {
    (this.seen.hazards ??= []).push({ kind, group: group.serial });
  }

  private run(groups: readonly IopfGroup<ScriptFault>[]): void {
    for (const group of groups) {
      (this.seen.ran ??= []).push(group.serial);
      const code = handleInOrder(group.members, (member) =>
        this.memory.handle(this.spaceOf(group, member), member, this.layer.growsStacks, (attempt) => {
          (this.seen.mm ??= []).push(attempt);
        }),
      );
      this.answer(group, code);
      evolveGroupDone(this.iopf, group.serial);
    }
  }

  private report(device: IopfDevice<ScriptFault>, fault: ScriptFault | null): void {
    if (fault === null) {
      // The layer is given faults only; the original refuses a null pointer like a device without IOMMU data (rule 27).
      this.seen.ret = Errno.EINVAL;
      return;
    }
    const { last, hasPasid, pasid, pageRequest } = fault;
    const lookup = hasPasid ? pasid : NO_PASID;
    const plan = this.layer.planReport(this.iopf, device, last, lookup, pageRequest, this.fails);
    this.seen.ret = plan.result;
    if (plan.warns) this.seen.warn = 1;
    this.evolveReported(device, fault, lookup, plan);
    if (plan.answer !== null) {
      this.send(device.device, { result: 0, fault, place: -1, hasPasid: false, pasid }, plan.answer);
    }
  }

  private evolveReported(
    device: IopfDevice<ScriptFault>,
    fault: ScriptFault,
    lookup: number,
    plan: ReportPlan,
  ): void {
    switch (plan.action) {
      case 'park':
        return evolvePark(device, fault);
      case 'group':
      case 'hold':
        return this.close(device, fault, lookup, plan.action === 'group');
      case 'abort': {
        const refusedBy = this.layer.groupSpace(this.iopf, device, lookup) < 0 ? 'reject' : 'wq-refused';
        this.formed(device, collectMembers(device, fault), refusedBy);
        return evolveAbortGroup(this.iopf, device, fault.groupId);
      }
      case 'deliver':
        (this.seen.delivered ??= []).push({ dev: this.idOf(device.device), fault: fault.id });
        if (plan.result === 0 && fault.last && fault.pageRequest) {
          const { groupId, pasid, needsPasid } = fault;
          evolvePending(device, { serial: 0, fault, groupId, pasid, needsPasid });
        }
        return;
      case 'drop-partials':
        return evolveTakePartials(device, fault.groupId);
      case 'none':
        return;
    }
  }

  private close(device: IopfDevice<ScriptFault>, fault: ScriptFault, lookup: number, queued: boolean): void {
    const { groupId, pasid, hasPasid, needsPasid } = fault;
    const members = collectMembers(device, fault);
    const space = this.layer.groupSpace(this.iopf, device, lookup);
    const queue = queued ? device.queue : null;
    this.formed(device, members, queued ? 'wq' : 'hold');
    evolveCloseGroup(this.iopf, device, { queue, groupId, pasid, hasPasid, needsPasid, space }, members);
  }

  private formed(
    device: IopfDevice<ScriptFault>,
    members: readonly ScriptFault[],
    to: RecordedGroup['to'],
  ): void {
    const group: RecordedGroup = {
      group: this.iopf.groupCount + 1,
      dev: this.idOf(device.device),
      faults: members.map(({ id }) => id),
      to,
    };
    if (to.startsWith('wq') && device.queue !== null) group.queue = device.queue;
    (this.seen.groups ??= []).push(group);
  }
}
