import {
  type FaultTarget,
  type HardwareCommand,
  type IommuMode,
  NO_PASID,
  PAGE_BYTES,
  Permission,
  type Permissions,
  type QueuedCommand,
} from '@faultline/domain';
import type { MODES, PriStep } from './format';

/** A 64-bit address as the domain has it: a page number and a byte. */
export function splitAddress(hex: string): { page: number; offset: number } {
  const address = BigInt(hex);
  return { page: Number(address >> 12n), offset: Number(address & 0xfffn) };
}

/** The mode of its name; the number in one is the width of a device id. */
export function modeOf(name: (typeof MODES)[number]): IommuMode {
  return name === 'off' || name === 'bypass' ? name : { deviceIdBits: Number(name.slice('table-'.length)) };
}

/** What a step does to the hardware. */
export function commandOf(step: PriStep): HardwareCommand {
  switch (step.op) {
    case 'iommuMode':
      return { kind: 'SetMode', mode: modeOf(step.in.mode) };
    case 'device':
      return { kind: 'SetDevice', device: step.in };
    case 'deviceValid':
      return { kind: 'SetDeviceValid', ...step.in };
    case 'bindPasid':
      return { kind: 'BindPasid', ...step.in, pasid: pasidOf(step.in.pasid) };
    case 'unbindPasid':
      return { kind: 'UnbindPasid', deviceId: step.in.deviceId, pasid: pasidOf(step.in.pasid) };
    case 'map':
      return mapOf(step);
    case 'unmap': {
      const { deviceId, pasid, address, size } = step.in;
      const { page } = splitAddress(address);
      return { kind: 'UnmapLeaf', deviceId, pasid: pasidOf(pasid), page, pages: size / PAGE_BYTES };
    }
    case 'injectMemoryFault':
      return { kind: 'InjectMemoryFailure', target: targetOf(step), failure: step.in.kind };
    case 'clearInjectedFaults':
      return { kind: 'ClearInjectedFailures' };
    case 'pageRequest':
    case 'translationRequest':
    case 'untranslatedAccess':
      return messageOf(step);
    case 'invalidationComplete':
      return { kind: 'ReceiveInvalidationCompletion', ...step.in };
    case 'invalidationTimeout':
      return { kind: 'ExpireInvalidations', ...step.in };
    default:
      return registerCommandOf(step);
  }
}

type Step<Op extends PriStep['op']> = Extract<PriStep, { op: Op }>;

function mapOf({ in: input }: Step<'map'>): HardwareCommand {
  const { deviceId, pasid, address, physical, size, user, global, accessed, dirty } = input;
  const { page } = splitAddress(address);
  const leaf = {
    page,
    frame: splitAddress(physical).page,
    pages: size / PAGE_BYTES,
    user,
    global,
    accessed,
    dirty,
  };
  return {
    kind: 'MapLeaf',
    deviceId,
    pasid: pasidOf(pasid),
    leaf: { ...leaf, permissions: permissionsOf(input) },
  };
}

function messageOf(step: Step<'pageRequest' | 'translationRequest' | 'untranslatedAccess'>): HardwareCommand {
  const { deviceId, address } = step.in;
  const pasid = pasidOf(step.in.pasid);
  const { page, offset } = splitAddress(address);
  switch (step.op) {
    case 'pageRequest': {
      const { prgIndex, last } = step.in;
      const permissions = permissionsOf(step.in);
      return { kind: 'ReceivePageRequest', message: { deviceId, pasid, page, prgIndex, last, permissions } };
    }
    case 'translationRequest': {
      const permissions = permissionsOf({ ...step.in, read: true, write: !step.in.noWrite });
      return { kind: 'Translate', message: { deviceId, pasid, page, offset, permissions } };
    }
    case 'untranslatedAccess': {
      const { write, execute } = step.in;
      const permissions = permissionsOf({ ...step.in, read: !write && !execute });
      return { kind: 'AccessUntranslated', message: { deviceId, pasid, page, offset, permissions } };
    }
  }
}

type RegisterStep = Step<
  | 'queueConfigure'
  | 'queueControl'
  | 'queueSetHead'
  | 'queueConsume'
  | 'interruptAck'
  | 'commandQueueClear'
  | 'replaceFaultingCommandWithNop'
  | QueuedStep['op']
>;
type QueuedStep = Step<
  'pageResponse' | 'invalidateDeviceTlb' | 'invalidateIotlb' | 'fence' | 'illegalCommand'
>;

function registerCommandOf(step: RegisterStep): HardwareCommand {
  switch (step.op) {
    case 'queueConfigure':
      return { kind: 'ConfigureQueue', entries: step.in.entries };
    case 'queueControl': {
      const { enable, interruptEnable, clearOverflow = false, clearMemoryFault = false } = step.in;
      return { kind: 'ControlQueue', enable, interruptEnable, clearOverflow, clearMemoryFault };
    }
    case 'queueSetHead':
      return { kind: 'SetQueueHead', index: step.in.index, acknowledgeOverflow: false };
    case 'queueConsume':
      return { kind: 'ConsumeRecords', count: step.in.count };
    case 'interruptAck': {
      const { pageRequest = false, fault = false, command = false } = step.in;
      return { kind: 'AcknowledgeInterrupts', pageRequest, fault, command };
    }
    case 'commandQueueClear': {
      const { timeout = false, illegal = false, memoryFault = false } = step.in;
      return { kind: 'ClearCommandFlags', timeout, illegal, memoryFault };
    }
    case 'replaceFaultingCommandWithNop':
      return { kind: 'ReplaceHaltedCommand' };
    default:
      return { kind: 'SubmitCommand', command: queuedCommandOf(step) };
  }
}

function queuedCommandOf(step: QueuedStep): QueuedCommand {
  switch (step.op) {
    case 'pageResponse':
      return { op: 'page-response', ...step.in, pasid: pasidOf(step.in.pasid) };
    case 'invalidateDeviceTlb': {
      const { deviceId, pasid, address, size, global = false } = step.in;
      const pages = size === 'all' ? 0 : size / PAGE_BYTES;
      const { page } = splitAddress(address);
      return { op: 'invalidate-device-tlb', deviceId, pasid: pasidOf(pasid), page, pages, global };
    }
    case 'invalidateIotlb': {
      const { deviceId, pasid, address } = step.in;
      const page = address === null ? null : splitAddress(address).page;
      return { op: 'invalidate-iotlb', deviceId, pasid: pasidOf(pasid), page };
    }
    case 'fence':
      return { op: 'fence', ...step.in };
    case 'illegalCommand':
      return { op: 'illegal' };
  }
}

function targetOf({ in: input }: Step<'injectMemoryFault'>): FaultTarget {
  const { target, slot = 0, deviceId = 0, pasid = null, address = '0x0' } = input;
  switch (target) {
    case 'queueSlot':
      return { at: 'queue-slot', slot };
    case 'fenceSlot':
      return { at: 'fence-slot', slot };
    case 'deviceEntry':
      return { at: 'device-entry', deviceId };
    case 'processEntry':
      return { at: 'process-entry', deviceId, pasid: pasidOf(pasid) };
    case 'pageTableEntry':
      return { at: 'page-table-entry', deviceId, pasid: pasidOf(pasid), page: splitAddress(address).page };
  }
}

/** The domain's number for a PASID or for none. */
export function pasidOf(pasid: number | null): number {
  return pasid ?? NO_PASID;
}

interface PermissionFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly execute?: boolean;
  readonly privileged?: boolean;
}

function permissionsOf({ read, write, execute, privileged }: PermissionFlags): Permissions {
  return (
    (read ? Permission.READ : 0) |
    (write ? Permission.WRITE : 0) |
    (execute ? Permission.EXECUTE : 0) |
    (privileged ? Permission.PRIVILEGED : 0)
  );
}
