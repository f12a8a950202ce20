import { ResponseCode } from '../kernel/vocabulary';
import { type AllocationCheck, Errno } from './errno';
import type { IopfGeneration, RemovalPlan } from './generation';
import type { ReportPlan } from './report';
import { GROUP, PARK, reportPlan } from './report-plans';
import { type PageResponse, RESPONSE_VERSION, type ResponsePlan, unseenResponse } from './response';
import { type IopfDevice, type IopfGroup, type IopfState, NO_SPACE } from './state';

/** What kernels of the 2021 generation chose differently. */
export interface G1Choices {
  /** A fault below a stack lets it grow (rule 14). */
  readonly growsStacks: boolean;
  /** A device that is attached to no domain may be answered (rule 17). */
  readonly answersUnattached: boolean;
}

const refused = (result: number, refusal: ReportPlan['refusal'] = null): ReportPlan =>
  reportPlan('none', { result, driverCompletes: true, refusal });
const DELIVER = reportPlan('deliver');
const NO_HANDLER = refused(Errno.EINVAL, 'no-handler');
const NO_MEMORY = refused(Errno.ENOMEM);
const NOT_A_REQUEST = refused(Errno.EOPNOTSUPP);
const NO_QUEUE = refused(Errno.ENODEV, 'no-queue');
const NO_GROUP_MEMORY = reportPlan('drop-partials', { result: Errno.ENOMEM, driverCompletes: true });

/** The 2021 generation lets anybody answer a request from outside. */
export interface G1Generation extends IopfGeneration {
  /** `iommu_page_response` of an outside caller (rules 17 - 20). */
  planResponse<Fault>(device: IopfDevice<Fault>, response: PageResponse): ResponsePlan<Fault>;
}

/** The 2021 generation: handlers are registered by device, responses match by number, the driver answers what is refused. */
export function createG1(choices: G1Choices): G1Generation {
  return {
    name: 'G1',
    growsStacks: choices.growsStacks,
    warnsWithoutQueue: false,
    planReport,
    groupSpace: () => NO_SPACE,
    groupResponse,
    isAnswerable: (group) => group.hasPasid || !group.needsPasid,
    matchPending: (device, _serial, groupId, hasPasid, pasid) =>
      matchPending(device, groupId, hasPasid, pasid),
    planAnswer: (device, group, code) => planResponse(choices, device, groupResponse(group, code)),
    planResponse: (device, response) => planResponse(choices, device, response),
    listPending: (device) => [...device.pending],
    checkAddDevice,
    planRemoval,
  };
}

/** Rules 1, 2, 15, 27. A result other than 0 leaves nothing pending. */
function planReport<Fault>(
  _state: IopfState<Fault>,
  device: IopfDevice<Fault> | undefined,
  last: boolean,
  _pasid: number,
  pageRequest = true,
  fails?: AllocationCheck,
): ReportPlan {
  if (device === undefined || !device.hasIommu) return NO_HANDLER;
  const handler = device.handler;
  if (handler === null || handler.kind === 'none') return NO_HANDLER;
  if (last && pageRequest && fails?.('pending-record')) return NO_MEMORY;
  if (handler.kind === 'foreign') return deliveredTo(handler.returns);
  if (!pageRequest) return NOT_A_REQUEST;
  if (device.queue === null) return NO_QUEUE;
  if (!last) return fails?.('partial-fault') ? NO_MEMORY : PARK;
  return fails?.('group') ? NO_GROUP_MEMORY : GROUP;
}

function deliveredTo(result: number): ReportPlan {
  return result === 0 ? DELIVER : reportPlan('deliver', { result, driverCompletes: true });
}

/** Number and PASID of the last fault; the PASID is marked valid only if it is and must be there (rule 16, R86). */
function groupResponse<Fault>(group: IopfGroup<Fault>, code: number): PageResponse {
  return {
    version: RESPONSE_VERSION,
    unknownFlags: 0,
    hasPasid: group.hasPasid && group.needsPasid,
    pasid: group.pasid,
    groupId: group.groupId,
    code,
  };
}

/** Place of the oldest record that a response matches, by number and, where needed, PASID (rules 18, 19); -1 for none. */
function matchPending<Fault>(
  device: IopfDevice<Fault>,
  groupId: number,
  hasPasid: boolean,
  pasid: number,
): number {
  const pending = device.pending;
  for (let i = 0; i < pending.length; i += 1) {
    const record = pending[i];
    if (record?.groupId !== groupId) continue;
    if (!record.needsPasid || (hasPasid && record.pasid === pasid)) return i;
  }
  return -1;
}

/** The checks of every response, of a handler or from outside, in their order (rules 17, 18). */
function planResponse<Fault>(
  choices: G1Choices,
  device: IopfDevice<Fault>,
  response: PageResponse,
): ResponsePlan<Fault> {
  const reachable = device.canRespond && (device.attached || choices.answersUnattached);
  if (!reachable) return unseenResponse(Errno.ENODEV);
  if (!device.hasIommu || device.handler === null) return unseenResponse(Errno.EINVAL);
  if (response.version !== RESPONSE_VERSION || response.unknownFlags !== 0)
    return unseenResponse(Errno.EINVAL);
  const { groupId, hasPasid, pasid } = response;
  const place = matchPending(device, groupId, hasPasid, pasid);
  const record = device.pending[place];
  if (record === undefined) return unseenResponse(Errno.EINVAL);
  // A PASID on the answer to a request that needs none is cleared, and its number with it.
  const cleared = hasPasid && !record.needsPasid;
  return {
    result: 0,
    fault: record.fault,
    place,
    hasPasid: hasPasid && !cleared,
    pasid: cleared ? 0 : pasid,
  };
}

/** ENODEV without IOMMU data, ENOMEM, EBUSY in any queue (rule 30). */
function checkAddDevice<Fault>(state: IopfState<Fault>, device: number, fails?: AllocationCheck): number {
  const known = state.devices.get(device);
  if (!known?.hasIommu) return Errno.ENODEV;
  if (fails?.('device-param')) return Errno.ENOMEM;
  return known.queue === null ? 0 : Errno.EBUSY;
}

/** EINVAL without IOMMU data, without a queue, or when the device is not in that queue; groups live on (rules 30, 31). */
function planRemoval<Fault>(
  state: IopfState<Fault>,
  queue: string | null,
  device: number,
): RemovalPlan<Fault> {
  const known = state.devices.get(device);
  const removes = known?.hasIommu === true && queue !== null && known.queue === queue;
  return {
    result: removes ? 0 : Errno.EINVAL,
    removes,
    warns: false,
    answered: [],
    code: ResponseCode.INVALID,
  };
}
