import { NumberSet } from '@faultline/domain';
import type {
  FaultError,
  FaultModel,
  MemberResolution,
  RequestIdentity,
  RequestRecord,
} from '@faultline/domain';
import { EpochMap, faultKey } from './epoch-map';
import { FaultMap } from './fault-map';
import {
  type FaultCode,
  type FaultInstants,
  type FaultRow,
  type FaultSequences,
  type FaultSettlement,
  measureStages,
} from './fault-row';

/** A fault that has not settled yet. */
export interface OpenFault {
  record: RequestRecord;
  /** Round of a stall; 0 for PRI, whose rounds are requests of their own. */
  stallRound: number;
  model: FaultModel;
  iommu: number;
  /** Lowest sequence that tells of it. */
  firstSequence: number;
  access: number | null;
  group: OpenGroup | undefined;
  code: FaultCode | undefined;
  settlement: FaultSettlement | undefined;
  resolution: MemberResolution | null;
  error: FaultError | null;
  instants: FaultInstants;
  sequences: FaultSequences;
  parked: boolean;
  /** Its device was reset or is gone: it will never settle (D9, R104). */
  abandoned: boolean;
  /** Whether it is among the open ones still, and its neighbours there. */
  isOpen: boolean;
  older: OpenFault | undefined;
  newer: OpenFault | undefined;
}

/** A closed group that has not been answered yet. */
export interface OpenGroup {
  iommu: number;
  epoch: number;
  group: number;
  queue: string;
  members: (OpenFault | undefined)[];
  isHandled: boolean;
}

/** The faults that are open, found by identity. What settled is remembered as numbers only. */
export class OpenFaults {
  private readonly byEpoch = new EpochMap(() => new FaultMap<OpenFault>());
  private readonly settled = new EpochMap(() => new NumberSet());
  /** Latest round of the stalls that faulted again. */
  private readonly latestRounds = new EpochMap(() => new Map<number, number>());
  private oldest: OpenFault | undefined;
  private newest: OpenFault | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Lowest sequence that an open fault needs, or undefined when none is open. */
  get lowestSequence(): number | undefined {
    // Faults are opened in log order.
    return this.oldest?.firstSequence;
  }

  /** Those that are open now, oldest first. They may be closed meanwhile. */
  list(): OpenFault[] {
    const all: OpenFault[] = [];
    for (let fault = this.oldest; fault; fault = fault.newer) all.push(fault);
    return all;
  }

  find(identity: RequestIdentity, stallRound: number): OpenFault | undefined {
    return this.byEpoch.peek(identity.segment, identity.segmentEpoch)?.get(identity.request, stallRound);
  }

  /** The open fault, opened if it is new; undefined when it settled before (a member of a truncated group, R53). */
  open(record: RequestRecord, model: FaultModel, iommu: number, sequence: number): OpenFault | undefined {
    const stallRound = model === 'stall' ? record.round : 0;
    const faults = this.byEpoch.get(record.segment, record.segmentEpoch);
    const known = faults.get(record.request, stallRound);
    if (known) return known;
    const settled = this.settled.peek(record.segment, record.segmentEpoch);
    if (settled?.has(faultKey(record.request, stallRound))) return undefined;
    const fault = createFault(record, stallRound, model, iommu, sequence);
    faults.add(record.request, stallRound, fault);
    this.link(fault);
    if (stallRound > 0)
      this.latestRounds.get(record.segment, record.segmentEpoch).set(record.request, stallRound);
    return fault;
  }

  /** The open fault of a request; of a stall that faulted again, its latest round. */
  findLatest(identity: RequestIdentity): OpenFault | undefined {
    const rounds = this.latestRounds.peek(identity.segment, identity.segmentEpoch);
    return this.find(identity, rounds?.get(identity.request) ?? 0);
  }

  /** Takes a fault out for good. */
  close(fault: OpenFault): void {
    const { segment, segmentEpoch, request } = fault.record;
    this.byEpoch.peek(segment, segmentEpoch)?.delete(request, fault.stallRound);
    this.settled.get(segment, segmentEpoch).add(faultKey(request, fault.stallRound));
    this.unlink(fault);
    if (fault.stallRound === 0) return;
    const rounds = this.latestRounds.get(segment, segmentEpoch);
    if (rounds.get(request) === fault.stallRound) rounds.delete(request);
  }

  private link(fault: OpenFault): void {
    fault.older = this.newest;
    if (this.newest) this.newest.newer = fault;
    else this.oldest = fault;
    this.newest = fault;
    this.count += 1;
  }

  /** What is not open any more leads to nobody: who keeps it would keep all of them. */
  private unlink(fault: OpenFault): void {
    if (!fault.isOpen) return;
    const { older, newer } = fault;
    if (older) older.newer = newer;
    else this.oldest = newer;
    if (newer) newer.older = older;
    else this.newest = older;
    fault.isOpen = false;
    fault.older = undefined;
    fault.newer = undefined;
    this.count -= 1;
  }
}

function createFault(
  record: RequestRecord,
  stallRound: number,
  model: FaultModel,
  iommu: number,
  sequence: number,
): OpenFault {
  return {
    record,
    stallRound,
    model,
    iommu,
    firstSequence: sequence,
    access: null,
    group: undefined,
    code: undefined,
    settlement: undefined,
    resolution: null,
    error: null,
    instants: {
      sentAtMicros: record.sentAtMicros,
      writtenAtMicros: record.writtenAtMicros,
      queuedAtMicros: null,
      startedAtMicros: null,
      handlingAtMicros: null,
      handledAtMicros: null,
      respondedAtMicros: null,
      receivedAtMicros: null,
      settledAtMicros: null,
    },
    sequences: { written: null, queued: null, handled: null, responded: null, settled: null },
    parked: false,
    abandoned: false,
    isOpen: true,
    older: undefined,
    newer: undefined,
  };
}

/** Name of a fault, as its row has it. */
export function idOf({ record, stallRound }: OpenFault): string {
  const id = `${record.segment}.${record.segmentEpoch}.${record.request}`;
  return stallRound > 0 ? `${id}.${stallRound}` : id;
}

/** The row of a fault, as far as the log has told it. */
export function rowOf(fault: OpenFault, measured = measureStages(fault.instants, fault.model)): FaultRow {
  const { record, group, instants } = fault;
  return {
    id: idOf(fault),
    segment: record.segment,
    segmentEpoch: record.segmentEpoch,
    request: record.request,
    round: record.round,
    model: fault.model,
    iommu: fault.iommu,
    device: record.device,
    pasid: record.pasid,
    page: record.page,
    permissions: record.permissions,
    access: fault.access,
    group: group ? `${group.iommu}.${group.epoch}.${group.group}` : null,
    groupId: record.groupId,
    queue: group ? group.queue : null,
    code: fault.code ?? 'unanswered',
    settlement: fault.settlement ?? null,
    resolution: fault.resolution,
    error: fault.error,
    instants,
    stages: measured.stages,
    totalMicros: measured.totalMicros,
    sequences: fault.sequences,
    complete: instants.settledAtMicros !== null,
  };
}
