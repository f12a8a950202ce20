import type {
  CycleClosed,
  HandleRequest,
  TranslateRequest,
  PageRequestMessage,
  StalledAccessMessage,
  DeviceResetMessage,
} from '@faultline/contracts';
import type {
  AnyMmEvent,
  DurableSegmentEvent,
  FaultModel,
  GroupHandled,
  GroupQueued,
  IommuEvent,
  MmEvent,
  RequestRecord,
  RunMember,
  SegmentEvent,
} from '@faultline/domain';
import type { LaneContext, LogMessage, OutgoingMessage, SendingSpan, WorkMessage } from '@faultline/hosting';

/**
 * Traces what passes on the path. Which faults are traced follows from their identity, so every service traces the same ones. What holds
 * none of them is sent without a word about it, and who receives that asks nothing. It changes nothing, throws nothing and waits for
 * nothing; where nobody asks for traces there is none.
 */
export interface PathTracer {
  segment(segment: number, epoch: number, model: FaultModel): SegmentTracer;
  iommu(model: FaultModel): IommuTracer;
  shard(): ShardTracer;
  worker(): WorkerTracer;
  /** A request, until it is answered. */
  receives(subject: string, context: LaneContext, records: number): ReceivedRequest | undefined;
  /** A message of the log whose records this process does not look at; undefined where it tells of no traced fault. */
  reads(message: LogMessage): ReceivedSpan | undefined;
}

/** Something that came with a trace, and is being dealt with. */
export interface ReceivedSpan {
  done(): void;
}

/** A request that came with a trace. */
export interface ReceivedRequest extends ReceivedSpan {
  readonly context: LaneContext;
}

/** The sending of a request. */
export interface AskingSpan extends SendingSpan {
  readonly context: LaneContext;
}

/** Where a message is to go. */
export type Addressed = Pick<OutgoingMessage, 'subject' | 'schema'>;

/** What is numbered in a segment's sequence of requests. */
export type SegmentRequest = PageRequestMessage | StalledAccessMessage | DeviceResetMessage;

/** The faults of one segment, from their request to the end of their access. */
export interface SegmentTracer {
  /** What a turn decided, before any of it is sent. */
  decided(events: readonly SegmentEvent[]): void;
  asks(subject: string, requests: readonly SegmentRequest[]): AskingSpan | undefined;
  translates(subject: string, requests: readonly TranslateRequest[]): AskingSpan | undefined;
  /** What the IOMMU has written, all of it: undefined where it tells of no traced fault. */
  reads(message: LogMessage, events: readonly (IommuEvent | CycleClosed)[]): ReceivedSpan | undefined;
  appends(to: Addressed, events: readonly DurableSegmentEvent[]): SendingSpan | undefined;
}

/** The faults of one IOMMU, from its ring to the response; of stalls, to the end of the transaction. */
export interface IommuTracer {
  /** The unit has an owner, of this epoch; one before may have left groups and transactions open. */
  begins(epoch: number, left: LeftOpen): void;
  appends(to: Addressed, events: readonly (IommuEvent | CycleClosed)[]): SendingSpan | undefined;
  /** Results that workers have written. */
  admits(message: LogMessage, results: readonly GroupHandled[]): ReceivedSpan | undefined;
}

/** What an owner of an IOMMU leaves to the next one. */
export interface LeftOpen {
  /** Closed groups without a response. */
  groups: readonly { epoch: number; group: number; members: readonly RequestRecord[] }[];
  /** Transactions that are held. */
  stalls: readonly RequestRecord[];
  /** Records that are in no closed group yet. */
  ungrouped: readonly RequestRecord[];
}

/** The groups that one worker handles. */
export interface WorkerTracer {
  /** Undefined where the message holds no traced fault. */
  takes(message: WorkMessage, groups: readonly GroupQueued[]): WorkSpan | undefined;
  /** Runs that are asked of a shard, of which some belong to traced groups. */
  asks(
    subject: string,
    requests: readonly HandleRequest[],
    runs: readonly TracedRun[],
  ): AskingSpan | undefined;
  /** Results that are written together, of which these are of traced groups. */
  appends(to: Addressed, results: number, groups: readonly GroupSpan[]): SendingSpan | undefined;
}

/** A work message, until it is settled. */
export interface WorkSpan extends ReceivedSpan {
  /** Undefined for a group without a traced fault. */
  of(group: GroupQueued): GroupSpan | undefined;
}

/** A group with a traced fault. */
export interface GroupSpan {
  /** Its result is in the log. */
  handled(result: GroupHandled): void;
}

/** A run of members of a traced group. */
export interface TracedRun {
  run: number;
  members: readonly RunMember[];
  group: GroupSpan;
}

/** The runs of one mm shard. */
export interface ShardTracer {
  /** A run of a request; undefined for one without a traced fault. */
  run(request: ReceivedRequest, run: number): RunSpan | undefined;
  /** What a turn decided, and to which span a run belongs. */
  decided(events: readonly AnyMmEvent[], spanOf: (run: number) => RunSpan | undefined): void;
  appends(to: Addressed, events: readonly MmEvent[]): SendingSpan | undefined;
}

/** A run with a traced fault. */
export interface RunSpan {
  handled(handlingAtMicros: number, handledAtMicros: number): void;
}
