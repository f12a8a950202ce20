import type { Decider } from '../kernel/decider';
import type { SegmentCommand } from './commands';
import { checkSegmentConfig, type SegmentConfig } from './config';
import type { DurableSegmentEvent, SegmentEvent } from './events';
import { decideRetransmission } from './drop';
import { evolveSegment } from './evolve';
import { decideCompletion, decideIssue } from './issue';
import {
  decideBeginWork,
  decideHang,
  decideRemoval,
  decideStart,
  decideStop,
  decideWithdrawal,
} from './lifecycle';
import { decideEpoch, decideReset } from './reset';
import { decideResponse, decideStallEnd } from './respond';
import { createSegmentState, type SegmentState } from './state';
import { decideTurn } from './turn';

/**
 * The devices behind one IOMMU: PRI functions with an ATC and a credit counter (R1-R30), and masters behind a stalling IOMMU
 * (R31-R40, seen from the master).
 *
 * Every access that starts ends exactly once: with `AccessHit` (never faulted, or not since its device's last reset) or with
 * `AccessEnded`. One that never starts, because its PASID was stopped (R94) or its device vanished (R104), is withdrawn.
 */
export function createSegment(config: SegmentConfig): Decider<SegmentState, SegmentCommand, SegmentEvent> {
  checkSegmentConfig(config);
  return {
    initial: () => createSegmentState(config),
    decide: decideSegment,
    evolve: evolveSegment,
  };
}

function decideSegment(
  state: SegmentState,
  command: SegmentCommand,
  nowMicros: number,
): readonly SegmentEvent[] {
  switch (command.kind) {
    case 'IssueAccess':
      return decideIssue(state, command.access, nowMicros);
    case 'CompleteTranslation':
      return decideCompletion(state, command, nowMicros);
    case 'ReceiveResponse':
      return decideResponse(state, command, nowMicros);
    case 'TakeTurn':
      return decideTurn(state, nowMicros);
    case 'RetransmitAccess':
      return decideRetransmission(state, command, nowMicros);
    case 'EndStalledAccess':
      return decideStallEnd(state, command, nowMicros);
    case 'InvalidateAtc': {
      const { device, pasid, page, pages } = command;
      return [{ kind: 'AtcInvalidated', device, pasid, page, pages }];
    }
    default:
      return decideLifecycle(state, command, nowMicros);
  }
}

type LifecycleCommand = Extract<
  SegmentCommand,
  {
    kind:
      | 'BeginEpoch'
      | 'ResetDevice'
      | 'StopPasid'
      | 'StartPasid'
      | 'RemoveDevice'
      | 'HangDevice'
      | 'WithdrawAccesses'
      | 'BeginWork'
      | 'HaltWork';
  }
>;

function decideLifecycle(
  state: SegmentState,
  command: LifecycleCommand,
  nowMicros: number,
): readonly SegmentEvent[] {
  switch (command.kind) {
    case 'BeginEpoch':
      return decideEpoch(state, command.epoch, nowMicros);
    case 'ResetDevice':
      return decideReset(state, command.device, command.epoch, nowMicros);
    case 'StopPasid':
      return decideStop(state, command.device, command.pasid);
    case 'StartPasid':
      return decideStart(state, command.device, command.pasid);
    case 'RemoveDevice':
      return decideRemoval(state, command.device, nowMicros);
    case 'HangDevice':
      return decideHang(state, command.device);
    case 'WithdrawAccesses':
      return decideWithdrawal(command.device, command.ranges);
    case 'BeginWork':
      return decideBeginWork(state, command.mms, nowMicros);
    case 'HaltWork':
      return state.halted ? [] : [{ kind: 'WorkHalted' }];
  }
}

/** Whether an event belongs in the log; the others are the devices' own registers and buffers. */
export function isDurableSegmentEvent(event: SegmentEvent): event is DurableSegmentEvent {
  switch (event.kind) {
    case 'AccessStarted':
    case 'AccessHit':
    case 'TranslationRequested':
    case 'TranslationReturned':
    case 'PageRequestSent':
    case 'AccessDropped':
    case 'StalledAccessSent':
    case 'ResponseReceived':
    case 'AtcInvalidated':
    case 'PasidStopping':
    case 'StopMarkerSent':
      return false;
    case 'SegmentOwnerChanged':
    case 'DeviceReset':
    case 'AccessesHit':
    case 'AccessRetried':
    case 'AccessEnded':
    case 'ResponseUnexpected':
    case 'PriInterfaceFailed':
    case 'DeviceRemoved':
    case 'DeviceHung':
    case 'AccessesWithdrawn':
    case 'PasidStopped':
    case 'PasidStarted':
    case 'WorkBegun':
    case 'WorkHalted':
      return true;
  }
}
