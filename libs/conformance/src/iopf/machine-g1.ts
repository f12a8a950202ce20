import {
  checkRegisterHandler,
  checkUnregisterHandler,
  evolveRegisterHandler,
  evolveUnregisterHandler,
  type FaultHandler,
  type G1Generation,
  IOPF_HANDLER,
  type IopfDevice,
  type IopfGroup,
  type ResponsePlan,
} from '@faultline/domain';
import { ConformanceFileInvalid } from '../shape';
import type {
  BindOperation,
  IopfTopology,
  PageResponseOperation,
  RecordedBinding,
  RecordedDeviceState,
  RecordedResponse,
  RegisteredHandler,
  UnbindOperation,
} from './format';
import { IopfMachine, type OwnStep } from './machine';
import type { ScriptFault } from './script-fault';

/** The 2021 generation: registered handlers, one global table of PASIDs, responses from outside. */
export class G1Machine extends IopfMachine {
  /** PASID -> address space. */
  private readonly pasids = new Map<number, number>();
  /** What the next response callbacks of a device return. */
  private readonly failures = new Map<number, { ret: number; times: number }>();

  constructor(
    private readonly g1: G1Generation,
    topology: IopfTopology,
  ) {
    super(g1, topology);
  }

  override bindBeforehand({ pasid, mm }: RecordedBinding): void {
    if (mm !== undefined) this.pasids.set(pasid, this.memory.numberOf(mm));
  }

  protected override performOwn(step: OwnStep): void {
    switch (step.op) {
      case 'register_handler':
        return this.register(this.device(step.dev), handlerOf(step.handler, step.handlerRet));
      case 'unregister_handler': {
        const { device } = this.device(step.dev);
        this.seen.ret = checkUnregisterHandler(this.iopf, device);
        if (this.seen.ret === 0) evolveUnregisterHandler(this.iopf, device);
        return;
      }
      case 'page_response':
        this.seen.ret = this.respondFromOutside(step);
        return;
      case 'hw_fail': {
        const { ret, times } = step;
        this.failures.set(this.device(step.dev).device, { ret, times });
        return;
      }
      case 'bind':
      case 'unbind':
        return this.evolveTable(step);
      default:
        throw new ConformanceFileInvalid('op', step.op, 'an operation of G1');
    }
  }

  protected override spaceOf(_group: IopfGroup<ScriptFault>, member: ScriptFault): number | undefined {
    return this.pasids.get(member.pasid);
  }

  protected override send(device: number, plan: ResponsePlan<ScriptFault>, code: number): number {
    const ret = this.callbackResult(device);
    if (plan.fault === null) return plan.result;
    const { id: fault, groupId: grpid } = plan.fault;
    const { hasPasid: pasidValid, pasid } = plan;
    const response: RecordedResponse = { dev: this.idOf(device), fault, pasidValid, pasid, grpid, code };
    if (ret !== 0) response.ret = ret;
    (this.seen.hw ??= []).push(response);
    return ret;
  }

  protected override showDevice(device: IopfDevice<ScriptFault>): RecordedDeviceState {
    return { ...super.showDevice(device), handler: nameOf(device.handler) };
  }

  private register(device: IopfDevice<ScriptFault>, handler: FaultHandler): void {
    this.seen.ret = checkRegisterHandler(this.iopf, device.device, this.fails);
    if (this.seen.ret === 0) evolveRegisterHandler(this.iopf, device.device, handler);
  }

  private respondFromOutside(operation: PageResponseOperation): number {
    const { version, flags: unknownFlags, pasidValid: hasPasid, pasid, grpid: groupId, code } = operation;
    const device = this.device(operation.dev);
    const response = { version, unknownFlags, hasPasid, pasid, groupId, code };
    return this.respond(device, this.g1.planResponse(device, response), code);
  }

  private evolveTable({ op, pasid, mm }: BindOperation | UnbindOperation): void {
    if (pasid === undefined) throw new ConformanceFileInvalid(`pasid of ${op}`, pasid, 'a PASID');
    if (mm === undefined) this.pasids.delete(pasid);
    else this.pasids.set(pasid, this.memory.numberOf(mm));
  }

  private callbackResult(device: number): number {
    const failure = this.failures.get(device);
    if (failure === undefined || failure.times === 0) return 0;
    failure.times -= 1;
    return failure.ret;
  }
}

function handlerOf(name: RegisteredHandler, returns = 0): FaultHandler {
  if (name === 'iopf') return IOPF_HANDLER;
  return name === 'null' ? { kind: 'none' } : { kind: 'foreign', returns };
}

function nameOf(handler: FaultHandler | null): RegisteredHandler | null {
  if (handler === null) return null;
  if (handler.kind === 'foreign') return handler.returns === 0 ? 'hold' : 'reject';
  return handler.kind === 'iopf' ? 'iopf' : 'null';
}
