import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import { type AllocationCheck, Errno } from './errno';
import type { IopfGeneration, RemovalPlan } from './generation';
import type { ReportPlan } from './report';
import { GROUP, PARK, reportPlan } from './report-plans';
import { type PageResponse, RESPONSE_VERSION, type ResponsePlan, unseenResponse } from './response';
import { type Attachment, type IopfDevice, type IopfGroup, type IopfState, NO_SPACE } from './state';

/** What kernels of the present generation chose differently. */
export interface G2Choices {
  /** Answering a group for the second time sends the answer again, instead of nothing (rule 33). */
  readonly repeatsAnswers: boolean;
}

/** The PASID under which the device itself is attached: requests without a PASID look there (rule 23). */
export const DEVICE_PASID = 0;

const { INVALID, FAILURE } = ResponseCode;
/** A fault that nobody handles is answered, if it is one that waits for an answer at all (rule 23). */
const refused = (refusal: ReportPlan['refusal'], warns: boolean) => ({
  request: reportPlan('none', { result: Errno.EINVAL, answer: INVALID, warns, refusal }),
  other: reportPlan('none', { result: Errno.EINVAL, warns, refusal }),
});
const NOT_BOUND = refused('not-bound', false);
const NO_HANDLER = refused('no-handler', false);
const NO_QUEUE = refused('no-queue', true);
const NO_PARTIAL_MEMORY = reportPlan('none', { result: Errno.ENOMEM });
const NO_GROUP_MEMORY = reportPlan('drop-partials', { answer: FAILURE });
const HOLD = reportPlan('hold');
const ABORT = reportPlan('abort', { answer: FAILURE });

/** The present generation: handlers are found by attachment, responses belong to groups, the layer answers what it refuses. */
export function createG2(choices: G2Choices): IopfGeneration {
  return {
    name: 'G2',
    growsStacks: false,
    warnsWithoutQueue: true,
    planReport,
    groupSpace: (state, device, pasid) => findAttachment(state, device, pasid)?.space ?? NO_SPACE,
    groupResponse,
    isAnswerable: () => true,
    matchPending: (device, serial) => placeOfGroup(device, serial),
    planAnswer: (device, group, code) => planAnswer(choices, device, group, code),
    listPending: (device) => [...device.pending].reverse(),
    checkAddDevice,
    planRemoval,
  };
}

/** Rules 1, 2, 23 - 25, 28. The handler is looked for first, for every fault. */
function planReport<Fault>(
  state: IopfState<Fault>,
  device: IopfDevice<Fault> | undefined,
  last: boolean,
  pasid: number,
  pageRequest = true,
  fails?: AllocationCheck,
): ReportPlan {
  const attachment = device === undefined ? undefined : findAttachment(state, device, pasid);
  if (device === undefined || attachment === undefined)
    return pageRequest ? NOT_BOUND.request : NOT_BOUND.other;
  const { handler } = attachment;
  if (handler === null || handler.kind === 'none') return pageRequest ? NO_HANDLER.request : NO_HANDLER.other;
  if (device.queue === null) return pageRequest ? NO_QUEUE.request : NO_QUEUE.other;
  if (!last) return fails?.('partial-fault') ? NO_PARTIAL_MEMORY : PARK;
  if (fails?.('group')) return NO_GROUP_MEMORY;
  if (handler.kind === 'foreign') return handler.returns === 0 ? HOLD : ABORT;
  return fails?.('enqueue') ? ABORT : GROUP;
}

/**
 * The attachment that faults of a device with this PASID go to: that of the PASID, or for want of one the nested domain of a
 * device whose PASID table users own; without a PASID that of the device itself (R78).
 */
function findAttachment<Fault>(
  state: IopfState<Fault>,
  device: IopfDevice<Fault>,
  pasid: number,
): Attachment | undefined {
  const attachments = state.attachments.get(device.iommuGroup);
  if (attachments === undefined) return undefined;
  if (pasid === NO_PASID) return attachments.get(DEVICE_PASID);
  const found = attachments.get(pasid);
  if (!device.userPasidTable || (found !== undefined && found.handler !== null)) return found;
  const own = attachments.get(DEVICE_PASID);
  return own?.nested ? own : undefined;
}

/** PASID and number of the last fault; no flag, and no difference whether the PASID must be there (rule 22). */
function groupResponse<Fault>(group: IopfGroup<Fault>, code: number): PageResponse {
  const { pasid, groupId } = group;
  return { version: RESPONSE_VERSION, unknownFlags: 0, hasPasid: false, pasid, groupId, code };
}

function placeOfGroup<Fault>(device: IopfDevice<Fault>, serial: number): number {
  const pending = device.pending;
  for (let i = 0; i < pending.length; i += 1) if (pending[i]?.serial === serial) return i;
  return -1;
}

/** A group is answered once, and not any more after its device was removed (R84, R85, rule 33). */
function planAnswer<Fault>(
  choices: G2Choices,
  device: IopfDevice<Fault>,
  group: IopfGroup<Fault>,
  code: number,
): ResponsePlan<Fault> {
  const place = placeOfGroup(device, group.serial);
  const fault = group.members[group.members.length - 1];
  if (fault === undefined || (place < 0 && !choices.repeatsAnswers)) return unseenResponse(0);
  const { hasPasid, pasid } = groupResponse(group, code);
  return { result: 0, fault, place, hasPasid, pasid };
}

/** ENODEV without a response callback, EBUSY in any queue, ENOMEM (rule 30). */
function checkAddDevice<Fault>(state: IopfState<Fault>, device: number, fails?: AllocationCheck): number {
  const known = state.devices.get(device);
  if (!known?.canRespond) return Errno.ENODEV;
  if (known.queue !== null) return Errno.EBUSY;
  return fails?.('device-param') ? Errno.ENOMEM : 0;
}

/** A warning when the device is not in that queue; else its pending groups are answered, newest first (rules 30, 31, R89). */
function planRemoval<Fault>(
  state: IopfState<Fault>,
  queue: string | null,
  device: number,
): RemovalPlan<Fault> {
  const known = state.devices.get(device);
  const removes = known !== undefined && known.queue !== null && known.queue === queue;
  const answered = removes ? pendingGroups(state, known) : [];
  return { result: undefined, removes, warns: !removes, answered, code: INVALID };
}

/** Newest first. */
function pendingGroups<Fault>(state: IopfState<Fault>, device: IopfDevice<Fault>): IopfGroup<Fault>[] {
  const pending = new Set(device.pending.map(({ serial }) => serial));
  return [...state.groups.values()].filter(({ serial }) => pending.has(serial)).reverse();
}
