import { given } from '../../kernel/decider.testkit';
import { NO_PASID, Permission } from '../../kernel/vocabulary';
import { IOMMU_PROFILES, type IommuProfile, type IommuProfileName } from '../profile';
import type {
  DeviceSettings,
  HardwareCommand,
  LeafSettings,
  PageRequestMessage,
  QueuedCommand,
  TranslationMessage,
} from './commands';
import type { HardwareConfig } from './config';
import type { HardwareEvent } from './events';
import { createHardware, type HardwareDecider } from './hardware';
import type { HardwareState } from './state';

export const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
export const READ_WRITE = READ | WRITE;

/** Hardware of a profile, with small queues so that specs can fill them. */
export function testHardware(
  profile: IommuProfileName | IommuProfile = 'riscv',
  overrides: Partial<HardwareConfig> = {},
): HardwareDecider {
  return createHardware({
    profile: typeof profile === 'string' ? IOMMU_PROFILES[profile] : profile,
    firstStage: 'Sv39',
    identityPages: 512,
    invalidationTags: 2,
    commandQueueEntries: 8,
    faultQueueEntries: 4,
    iotlbEntries: 2,
    ...overrides,
  });
}

/** A device that may do everything: 16, unless told otherwise. */
export function device(overrides: Partial<DeviceSettings> = {}): HardwareEvent {
  return {
    kind: 'DeviceSet',
    device: {
      deviceId: 16,
      ats: true,
      pri: true,
      responsePasidRequired: false,
      pasidBits: 20,
      defaultPasidZero: false,
      hardwareAccessedDirty: true,
      valid: true,
      suppressTranslationFaultRecords: false,
      ...overrides,
    },
  };
}

export const on: HardwareEvent = { kind: 'ModeSet', mode: { deviceIdBits: 15 } };

/** The page request queue, on, with `entries` slots. */
export function enabledQueue(entries: number): HardwareEvent[] {
  return [
    { kind: 'QueueConfigured', entries },
    {
      kind: 'QueueControlled',
      enabled: true,
      interruptEnabled: true,
      overflow: false,
      memoryFault: false,
      head: 0,
      tail: 0,
      erased: false,
    },
  ];
}

/** Device 16 with PASID 1 bound, and a queue of 4 slots. */
export const ready: HardwareEvent[] = [
  on,
  device(),
  ...enabledQueue(4),
  { kind: 'PasidBound', deviceId: 16, pasid: 1, supervisorAllowed: true, supervisorMayAccessUser: false },
];

export function leaf(overrides: Partial<LeafSettings> = {}): LeafSettings {
  return {
    page: 5,
    frame: 0x900,
    pages: 1,
    permissions: READ_WRITE,
    user: true,
    global: false,
    accessed: true,
    dirty: true,
    ...overrides,
  };
}

/** A leaf of device 16's PASID 1. */
export function mapped(overrides: Partial<LeafSettings> = {}, pasid = 1): HardwareEvent {
  return { kind: 'LeafMapped', deviceId: 16, pasid, leaf: leaf(overrides) };
}

export function pageRequest(overrides: Partial<PageRequestMessage> = {}): HardwareCommand {
  const message = { deviceId: 16, pasid: 1, page: 5, prgIndex: 3, last: true, permissions: READ };
  return { kind: 'ReceivePageRequest', message: { ...message, ...overrides } };
}

export function translation(overrides: Partial<TranslationMessage> = {}): HardwareCommand {
  const message = { deviceId: 16, pasid: 1, page: 5, offset: 0, permissions: READ_WRITE };
  return { kind: 'Translate', message: { ...message, ...overrides } };
}

export function access(overrides: Partial<TranslationMessage> = {}): HardwareCommand {
  const message = { deviceId: 16, pasid: 1, page: 5, offset: 0x123, permissions: READ };
  return { kind: 'AccessUntranslated', message: { ...message, ...overrides } };
}

export function control(
  overrides: Partial<Extract<HardwareCommand, { kind: 'ControlQueue' }>> = {},
): HardwareCommand {
  const kept = { clearOverflow: false, clearMemoryFault: false };
  return { kind: 'ControlQueue', enable: true, interruptEnable: true, ...kept, ...overrides };
}

export function submit(command: QueuedCommand): HardwareCommand {
  return { kind: 'SubmitCommand', command };
}

export const invalidation = {
  op: 'invalidate-device-tlb',
  deviceId: 16,
  pasid: 1,
  page: 5,
  pages: 1,
  global: false,
} as const;
export const fence = { op: 'fence', slot: 0, data: 7, orderReads: false, orderWrites: false } as const;

/** More commands than any test queues: what runs on for ever then fails its test instead of hanging it. */
const MOST_COMMANDS = 1_000;

/** Performs commands one after the other, each followed by what the command queue can run; gives all events and the state. */
export function perform(
  hardware: HardwareDecider,
  before: readonly HardwareEvent[],
  ...commands: readonly HardwareCommand[]
): { events: HardwareEvent[]; state: HardwareState } {
  let { state } = given(hardware, before);
  const events: HardwareEvent[] = [];
  const step = (command: HardwareCommand): number => {
    const happened = hardware.decide(state, command, 0);
    events.push(...happened);
    for (const event of happened) state = hardware.evolve(state, event);
    return happened.length;
  };
  for (const command of commands) {
    step(command);
    let ran = 0;
    while (step({ kind: 'RunNextCommand' }) > 0) {
      ran += 1;
      if (ran > MOST_COMMANDS) throw new Error('the command queue does not come to rest');
    }
  }
  return { events, state };
}

/** The events of one kind. */
export function ofKind<Kind extends HardwareEvent['kind']>(
  events: readonly HardwareEvent[],
  kind: Kind,
): Extract<HardwareEvent, { kind: Kind }>[] {
  return events.filter((event): event is Extract<HardwareEvent, { kind: Kind }> => event.kind === kind);
}

/** The same state, made by nothing but the events. */
export function refold(hardware: HardwareDecider, events: readonly HardwareEvent[]): HardwareState {
  return events.reduce((state, event) => hardware.evolve(state, event), hardware.initial());
}

export { NO_PASID };
