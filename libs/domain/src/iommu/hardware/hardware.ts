import type { Decider } from '../../kernel/decider';
import { decideAccess } from './access';
import { decideClearFlags, decideReplaceHalted, decideRunNext, decideSubmit } from './command-queue';
import type { FaultTarget, HardwareCommand } from './commands';
import type { HardwareConfig } from './config';
import { createHardwareContext, type HardwareContext } from './context';
import { findEntry } from './device-table';
import { evolveHardware } from './evolve';
import type { HardwareEvent } from './events';
import { decideAcknowledge } from './interrupts';
import { decideCompletion, decideExpiry } from './invalidation-tags';
import { findLeaf, tablePage } from './page-table';
import {
  decideConfigureQueue,
  decideConsume,
  decideControlQueue,
  decidePageRequest,
  decideSetHead,
} from './page-request-queue';
import { createHardwareState, type HardwareState, type InterruptSource } from './state';
import { decideTranslate } from './translate';

export type HardwareDecider = Decider<HardwareState, HardwareCommand, HardwareEvent>;

/**
 * An IOMMU's hardware, whole: device and process tables, page tables, page request queue, completions, command queue, invalidation
 * tags, fault records, interrupts, and memory that can fail. It knows no time, so `nowMicros` is not looked at: commands that take
 * time (a device's completion, a timeout) are two commands.
 */
export function createHardware(config: HardwareConfig): HardwareDecider {
  const context = createHardwareContext(config);
  return {
    initial: () => createHardwareState(config),
    decide: (state, command) => decideHardware(context, state, command),
    evolve: (state, event) => {
      evolveHardware(config, state, event);
      return state;
    },
  };
}

function decideHardware(
  context: HardwareContext,
  state: HardwareState,
  command: HardwareCommand,
): readonly HardwareEvent[] {
  switch (command.kind) {
    case 'ReceivePageRequest':
      return decidePageRequest(context, state, command.message);
    case 'Translate':
      return decideTranslate(context, state, command.message);
    case 'AccessUntranslated':
      return decideAccess(context, state, command.message);
    case 'ConfigureQueue':
      return decideConfigureQueue(state, command.entries);
    case 'ControlQueue':
      return decideControlQueue(context, state, command);
    case 'SetQueueHead':
      return decideSetHead(context, state, command.index, command.acknowledgeOverflow);
    case 'ConsumeRecords':
      return decideConsume(state, command.count);
    case 'ConsumeFaultRecords':
      return [{ kind: 'FaultRecordsConsumed', clearsOverflow: command.clearOverflow }];
    case 'AcknowledgeInterrupts':
      return decideAcknowledge(state, acknowledged(command));
    case 'SubmitCommand':
      return decideSubmit(context, state, command.command);
    case 'RunNextCommand':
      return decideRunNext(state);
    case 'ClearCommandFlags':
      return decideClearFlags(command);
    case 'ReplaceHaltedCommand':
      return decideReplaceHalted(state);
    case 'ReceiveInvalidationCompletion':
      return decideCompletion(state, command.deviceId, command.tags, command.count);
    case 'ExpireInvalidations':
      return decideExpiry(state, command.tags);
    default:
      return decideTables(context, state, command);
  }
}

type TableCommand = Extract<
  HardwareCommand,
  {
    kind:
      | 'SetMode'
      | 'SetDevice'
      | 'SetDeviceValid'
      | 'BindPasid'
      | 'UnbindPasid'
      | 'MapLeaf'
      | 'UnmapLeaf'
      | 'InjectMemoryFailure'
      | 'ClearInjectedFailures';
  }
>;

/** Software changes memory that the IOMMU reads. */
function decideTables(
  context: HardwareContext,
  state: HardwareState,
  command: TableCommand,
): HardwareEvent[] {
  switch (command.kind) {
    case 'SetMode':
      return [{ kind: 'ModeSet', mode: command.mode }];
    case 'SetDevice':
      return [{ kind: 'DeviceSet', device: command.device }];
    case 'SetDeviceValid': {
      const device = state.devices.get(command.deviceId);
      return device === undefined ? [] : [{ kind: 'DeviceSet', device: { ...device, valid: command.valid } }];
    }
    case 'BindPasid':
      return [{ ...command, kind: 'PasidBound' }];
    case 'UnbindPasid':
      return [{ ...command, kind: 'PasidUnbound' }];
    case 'MapLeaf':
      return [{ ...command, kind: 'LeafMapped' }];
    case 'UnmapLeaf':
      return [{ ...command, kind: 'LeafUnmapped' }];
    case 'InjectMemoryFailure': {
      const target = exactTarget(context, state, command.target);
      return [{ kind: 'MemoryFailureInjected', target, failure: command.failure }];
    }
    case 'ClearInjectedFailures':
      return [{ kind: 'InjectedFailuresCleared' }];
  }
}

/** The page table entry that a walk for the address reads: a larger leaf has one entry for many pages. */
function exactTarget(context: HardwareContext, state: HardwareState, target: FaultTarget): FaultTarget {
  if (target.at !== 'page-table-entry') return target;
  const { firstStage } = context.config;
  const entry = findEntry(state, target.deviceId, target.pasid);
  const leaf = entry === undefined ? undefined : findLeaf(firstStage, entry.table, target.page);
  return { ...target, page: leaf === undefined ? tablePage(firstStage, target.page) : leaf.page };
}

function acknowledged(
  command: Extract<HardwareCommand, { kind: 'AcknowledgeInterrupts' }>,
): InterruptSource[] {
  return (['pageRequest', 'fault', 'command'] as const).filter((source) => command[source]);
}
