import {
  evolveAttach,
  evolveBind,
  evolveDetach,
  evolveGroupDone,
  evolveUnbind,
  type FaultHandler,
  type IopfGroup,
  isLastBind,
  NO_SPACE,
  planBind,
  planDetach,
  type ResponsePlan,
  type SpacePasids,
} from '@faultline/domain';
import { ConformanceFileInvalid } from '../shape';
import type { AttachedHandler, BindOperation, RecordedBinding, UnbindOperation } from './format';
import { IopfMachine, type OwnStep } from './machine';
import type { ScriptFault } from './script-fault';

/** The present generation: attachments to PASIDs, groups that foreign handlers hold, binds that count. */
export class G2Machine extends IopfMachine {
  private readonly pasids: SpacePasids = new Map();

  override bindBeforehand({ dev, pasid, mm, handler, domain, handlerRet }: RecordedBinding): void {
    if (dev === undefined) throw new ConformanceFileInvalid('dev of a binding', dev, 'a device');
    if (mm !== undefined) this.bind(dev, mm, pasid);
    else this.attach(dev, pasid, handlerOf(handler, handlerRet), domain === 'nested');
  }

  protected override performOwn(step: OwnStep): void {
    switch (step.op) {
      case 'group_respond': {
        const group = this.iopf.groups.get(step.group);
        if (group !== undefined) this.answer(group, step.code);
        return;
      }
      case 'group_free':
        return evolveGroupDone(this.iopf, step.group);
      case 'bind':
        return this.performBind(step);
      case 'unbind':
        return this.unbind(step);
      case 'attach':
        return this.attach(
          step.dev,
          step.pasid,
          handlerOf(step.handler, step.handlerRet),
          step.domain === 'nested',
        );
      case 'attach_plain':
        return this.attach(step.dev, step.pasid, null, false);
      case 'detach':
        return evolveDetach(this.iopf, this.device(step.dev).iommuGroup, step.pasid);
      default:
        throw new ConformanceFileInvalid('op', step.op, 'an operation of G2');
    }
  }

  protected override spaceOf(group: IopfGroup<ScriptFault>): number {
    return group.space;
  }

  protected override send(device: number, plan: ResponsePlan<ScriptFault>, code: number): number {
    if (plan.fault !== null) {
      const { id: fault, groupId: grpid } = plan.fault;
      (this.seen.hw ??= []).push({ dev: this.idOf(device), fault, pasid: plan.pasid, grpid, code });
    }
    return 0;
  }

  private attach(dev: string, pasid: number, handler: FaultHandler | null, nested: boolean): void {
    const { iommuGroup } = this.device(dev);
    evolveAttach(this.iopf, iommuGroup, pasid, { handler, nested, space: NO_SPACE, users: 1 });
  }

  private performBind({ dev, pasid, mm }: BindOperation): void {
    if (dev === undefined) throw new ConformanceFileInvalid('dev of bind', dev, 'a device');
    this.seen.ret = this.bind(dev, mm, pasid);
  }

  private bind(dev: string, mm: string, pasid: number): number {
    const device = this.device(dev);
    const space = this.memory.numberOf(mm);
    const plan = planBind(this.iopf, this.pasids, device, space, pasid, this.fails);
    evolveBind(this.iopf, this.pasids, device, space, pasid, plan);
    return plan.result;
  }

  private unbind({ dev, mm }: UnbindOperation): void {
    if (dev === undefined || mm === undefined)
      throw new ConformanceFileInvalid('dev and mm of unbind', [dev, mm], 'a device and an mm');
    const { iommuGroup } = this.device(dev);
    const pasid = this.pasids.get(this.memory.numberOf(mm));
    if (pasid === undefined) throw new ConformanceFileInvalid('mm of unbind', mm, 'one that was bound');
    if (isLastBind(this.iopf, iommuGroup, pasid)) {
      // The recording shows what the original does then, and goes on as if the work had been cancelled (rule 34).
      for (const group of planDetach(this.iopf, iommuGroup, pasid)) {
        this.hazard('binding-freed-while-queued', group);
      }
    }
    evolveUnbind(this.iopf, iommuGroup, pasid);
  }
}

function handlerOf(name: AttachedHandler | undefined, returns = 0): FaultHandler {
  return name === undefined || name === 'none' ? { kind: 'none' } : { kind: 'foreign', returns };
}
