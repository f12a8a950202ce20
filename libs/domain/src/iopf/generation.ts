import type { ResponseCode } from '../kernel/vocabulary';
import type { AllocationCheck } from './errno';
import type { ReportPlan } from './report';
import type { PageResponse, ResponsePlan } from './response';
import type { IopfDevice, IopfGroup, IopfState, PendingRecord } from './state';

/** The kernel generations of the layer: the 2021 design with registered handlers (G1), and the present one with handlers by domain (G2). */
export type IopfGenerationName = 'G1' | 'G2';

/** What `remove_device` returns and does. */
export interface RemovalPlan<Fault> {
  /** Return code; `undefined` where the function returns nothing. */
  readonly result: number | undefined;
  /** Whether the device leaves the queue. */
  readonly removes: boolean;
  readonly warns: boolean;
  /**
   * Groups that the removal answers and destroys, in this order; any others live on (rule 31, R89). The caller answers each as
   * any group, before `evolveRemoveDevice`.
   */
  readonly answered: readonly IopfGroup<Fault>[];
  /** What they are answered with. */
  readonly code: ResponseCode;
}

/**
 * Where the generations differ, so that a caller runs with either through the same calls. Everything else (order inside a group,
 * partial lists, discarding, flushing, queues) is common. Plans and checks never change the state; the `evolve*` functions do.
 */
export interface IopfGeneration {
  readonly name: IopfGenerationName;
  /** Whether a fault below a stack lets it grow, as far as the mm allows (rule 14). */
  readonly growsStacks: boolean;
  /** Whether a flush warns about a device in no queue (rule 32). */
  readonly warnsWithoutQueue: boolean;

  /**
   * What reporting a fault does.
   *
   * @param device the reporting device; `undefined` for one that is not known (any more)
   * @param last whether the fault closes its group
   * @param pasid its PASID, or `NO_PASID` without a valid one
   * @param pageRequest whether it is recoverable at all; true if left out
   */
  planReport<Fault>(
    state: IopfState<Fault>,
    device: IopfDevice<Fault> | undefined,
    last: boolean,
    pasid: number,
    pageRequest?: boolean,
    fails?: AllocationCheck,
  ): ReportPlan;

  /** `space` of the group that a last fault with this PASID closes (rule 13). */
  groupSpace<Fault>(state: IopfState<Fault>, device: IopfDevice<Fault>, pasid: number): number;

  /** The answer to a finished group (rules 16, 22). */
  groupResponse<Fault>(group: IopfGroup<Fault>, code: number): PageResponse;

  /** Whether the answer to the group can match anything: if not, it is over without one (rule 21). */
  isAnswerable<Fault>(group: IopfGroup<Fault>): boolean;

  /** Place of the pending record that an answer to the group `serial` consumes, with what the answer carries; -1 for none. */
  matchPending<Fault>(
    device: IopfDevice<Fault>,
    serial: number,
    groupId: number,
    hasPasid: boolean,
    pasid: number,
  ): number;

  /** What answering a group does that its handler is done with (rules 17 - 22). */
  planAnswer<Fault>(device: IopfDevice<Fault>, group: IopfGroup<Fault>, code: number): ResponsePlan<Fault>;

  /** Unanswered page requests in the kernel's order of its list. */
  listPending<Fault>(device: IopfDevice<Fault>): PendingRecord<Fault>[];

  /** `add_device`: 0 or an error (rule 30). */
  checkAddDevice<Fault>(state: IopfState<Fault>, device: number, fails?: AllocationCheck): number;

  /** What `remove_device` does (rules 30, 31). */
  planRemoval<Fault>(state: IopfState<Fault>, queue: string | null, device: number): RemovalPlan<Fault>;
}
