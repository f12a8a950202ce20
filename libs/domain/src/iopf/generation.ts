import type { Allocation } from './errno';
import { checkAddDevice, checkRemoveDevice, evolveRemoveDevice } from './queues';
import { planReport, type ReportPlan } from './report';
import { groupResponse, type PageResponse, planResponse, type ResponsePlan } from './response';
import type { IopfDevice, IopfGroup, IopfState } from './state';
import type { ResponseCode } from '../kernel/vocabulary';

/** The kernel generations of the layer: the 2021 design as merged (G1), and that of the 7.x kernels (G2). */
export type IopfGenerationName = 'G1' | 'G2';

/**
 * Where the generations differ. Everything else (order inside a group, partial lists, discarding, flushing, queues) is common.
 * Plans never change the state; the `evolve*` functions do.
 */
export interface IopfGeneration {
  readonly name: IopfGenerationName;
  planReport<Fault>(
    device: IopfDevice<Fault> | undefined,
    last: boolean,
    pageRequest?: boolean,
    failing?: Allocation,
  ): ReportPlan;
  groupResponse<Fault>(group: IopfGroup<Fault>, code: ResponseCode): PageResponse;
  planResponse<Fault>(device: IopfDevice<Fault> | undefined, response: PageResponse): ResponsePlan<Fault>;
  checkAddDevice<Fault>(state: IopfState<Fault>, queue: string, device: number, failing?: Allocation): number;
  checkRemoveDevice<Fault>(state: IopfState<Fault>, queue: string | null, device: number): number;
  evolveRemoveDevice<Fault>(state: IopfState<Fault>, queue: string, device: number): void;
}

/** The 2021 generation: responses are matched by number, and the driver answers what the layer refuses. */
export const G1: IopfGeneration = {
  name: 'G1',
  planReport,
  groupResponse,
  planResponse,
  checkAddDevice,
  checkRemoveDevice,
  evolveRemoveDevice,
};
