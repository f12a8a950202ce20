import type { Decider } from '../kernel/decider';
import type { MmEvent } from '../mm/events';
import type { IommuCommand } from './commands';
import { type IommuConfig, resolveIommuConfig } from './config';
import { createContext, type IommuContext } from './context';
import { decideDispatchNext } from './dispatch';
import { decideDrainNext, decideFinishDrain } from './drain';
import type { AnyIommuEvent } from './events';
import { evolveIommu } from './evolve';
import { decideExpireGroups } from './expiry';
import { decideFence, decideSeeReset } from './fence';
import { decideInvalidate } from './invalidate';
import {
  decideAllocQueue,
  decideAttach,
  decideBeginEpoch,
  decideBind,
  decideDetach,
  decideFreeQueue,
  decideReplace,
} from './lifecycle';
import { decideReceive } from './receive';
import { evolvePosition, evolveReplica } from './replica';
import { decideSegmentReset } from './reset';
import { decideAdmit, decideRespondNext, decideRetryNext } from './respond';
import { createIommuState, type IommuState } from './state';
import { decideBeginTeardown, decideFinishStep, decideStepTeardowns } from './teardown';
import { decideTranslate } from './translate';
import { evolveWake } from './waiting';

/** The decider of one IOMMU and of the fault reporting in front of its IOPF queues. Throws {@link IommuConfigInvalid}. */
export function createIommu(config: IommuConfig): Decider<IommuState, IommuCommand, AnyIommuEvent> {
  const resolved = resolveIommuConfig(config);
  const context = createContext(resolved);
  return {
    initial: () => createIommuState(resolved),
    decide: (state, command, nowMicros) => decide(context, state, command, nowMicros),
    evolve: (state, event) => evolveIommu(context, state, event),
  };
}

type Rare = Exclude<IommuCommand, { kind: CommonKind }>;
type CommonKind =
  | 'ReceivePageRequest'
  | 'ReceiveStalledAccess'
  | 'DrainNext'
  | 'DispatchNext'
  | 'AdmitResult'
  | 'Translate'
  | 'RespondNext'
  | 'RetryNext'
  | 'FinishDrain'
  | 'InvalidateIotlb';

function decide(
  context: IommuContext,
  state: IommuState,
  command: IommuCommand,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  switch (command.kind) {
    case 'ReceivePageRequest':
    case 'ReceiveStalledAccess':
      return decideReceive(context, state, command, nowMicros);
    case 'DrainNext':
      return decideDrainNext(context, state, nowMicros);
    case 'DispatchNext':
      return decideDispatchNext(state, nowMicros);
    case 'AdmitResult':
      return decideAdmit(context, state, command, nowMicros);
    case 'Translate':
      return [decideTranslate(context, state, command)];
    case 'RespondNext':
      return decideRespondNext(context, state, nowMicros);
    case 'RetryNext':
      return decideRetryNext(state, nowMicros);
    case 'FinishDrain':
      return decideFinishDrain(context, state, nowMicros);
    case 'InvalidateIotlb':
      return [decideInvalidate(command)];
    default:
      return decideRare(context, state, command, nowMicros);
  }
}

function decideRare(
  context: IommuContext,
  state: IommuState,
  command: Rare,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  switch (command.kind) {
    case 'SeeSegmentEpoch': {
      const epoch = state.durable.segments.get(command.segment)?.epoch ?? 0;
      if (command.segmentEpoch <= epoch) return [];
      return decideSegmentReset(state, command.segment, command.segmentEpoch, nowMicros);
    }
    case 'BeginEpoch':
      return decideBeginEpoch(state, command.epoch);
    case 'AttachDevice':
      return decideAttach(state, command);
    case 'DetachDevice':
      return decideDetach(context, state, command.device, nowMicros);
    case 'BindPasid':
      return decideBind(state, command);
    case 'ReplaceBinding':
      return decideReplace(state, command, nowMicros);
    case 'BeginTeardown':
      return decideBeginTeardown(state, command, nowMicros);
    case 'FinishTeardownStep':
      return decideFinishStep(state, command, nowMicros);
    case 'StepTeardowns':
      return decideStepTeardowns(state, nowMicros);
    case 'FenceDevice':
      return decideFence(state, command.device, command.cause, nowMicros);
    case 'SeeDeviceReset':
      return decideSeeReset(state, command, nowMicros);
    case 'ExpireGroups':
      return decideExpireGroups(state, nowMicros);
    case 'FreeQueue':
      return decideFreeQueue(context, state, nowMicros);
    case 'AllocQueue':
      return decideAllocQueue(state);
  }
}

/**
 * Folds one event of an mm shard's log into the page-table replica, if a device may ever translate through its address space. Call
 * {@link reachPosition} after the last of a message.
 */
export function foldMm({ volatile: { replica, reach } }: IommuState, event: MmEvent): void {
  if (reach === null || ('mm' in event && reach.has(event.mm))) evolveReplica(replica, event);
}

/** Every event of the shard's log up to `sequence` is folded: results that waited for it may be ready now (D8). */
export function reachPosition(state: IommuState, shard: number, sequence: number): void {
  const { replica, waiting } = state.volatile;
  evolvePosition(replica, shard, sequence);
  if (waiting.bySerial.size > 0) evolveWake(waiting, replica, shard);
}
