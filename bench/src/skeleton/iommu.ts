import {
  type CycleClosed,
  iommuHwSchema,
  iommuQueueSchema,
  iopfSchema,
  mmSchema,
  type PageRequestMessage,
  pageRequestSchema,
  type Sender,
  translateSchema,
  type TranslateReply,
} from '@faultline/contracts';
import type { GroupQueued, GroupResponded, PageRequestQueued } from '@faultline/domain';
import type { LogMessage, OutgoingMessage } from '@faultline/hosting';
import { CycleWriter } from './cycle-writer';
import { fail, journalOf, QUEUE, type SkeletonPorts } from './ports';

/** Groups of one work message, as the scenario of the whole path has it (D15). */
export const GROUPS_PER_MESSAGE = 64;

type IommuRecord = GroupQueued | PageRequestQueued | GroupResponded;

const SENDER: Sender = { kind: 'Sender', unit: 'iommu.0', epoch: 1 };

/** Passes page requests on as groups and results on as responses, with the appends and consumers of an IOMMU and nothing else. */
export async function startIommu(ports: SkeletonPorts): Promise<undefined> {
  const { lanes, log, subjects } = ports;
  const cycle = new CycleWriter<IommuRecord>(ports, journalOf(ports, 'iommu.0'), (records) =>
    messages(ports, records),
  );
  await lanes.serve(subjects.translate(0), translate, fail);
  await lanes.serve(subjects.pageRequest(0), (body) => receive(ports, cycle, body), fail);
  // The replica of the page tables reads the mm's log; here it is read, and that is all.
  const readMm = (message: LogMessage): void => void mmSchema.decode(message.body);
  await log.follow({ subject: subjects.mmLogAny, fromSequence: 1, onMessage: readMm, onError: fail });
  const admit = (message: LogMessage): void => cycle.push(responses(message, ports.clock.nowMicros()));
  await log.follow({ subject: subjects.iopfLog(0), fromSequence: 1, onMessage: admit, onError: fail });
  return undefined;
}

function translate(body: Uint8Array): Uint8Array {
  const replies: (Sender | TranslateReply)[] = [SENDER];
  for (const record of translateSchema.decode(body)) {
    if (record.kind !== 'TranslateRequest') continue;
    const { translation, page } = record;
    replies.push({ kind: 'TranslateReply', translation, status: 'success', permissions: 0, frame: page });
  }
  return translateSchema.encode(replies);
}

async function receive(
  ports: SkeletonPorts,
  cycle: CycleWriter<IommuRecord>,
  body: Uint8Array,
): Promise<Uint8Array> {
  const now = ports.clock.nowMicros();
  const records: IommuRecord[] = [];
  let upTo = 0;
  for (const record of pageRequestSchema.decode(body)) {
    if (record.kind !== 'PageRequestMessage') continue;
    const queued = requestQueued(record, now);
    records.push(queued, groupQueued(queued, now));
    upTo = record.request;
  }
  await cycle.write(records);
  return pageRequestSchema.encode([SENDER, { kind: 'RequestsAccepted', upTo }]);
}

function requestQueued(message: PageRequestMessage, now: number): PageRequestQueued {
  const { segment, request, device, pasid, page, permissions, groupId, last, round, sentAtMicros } = message;
  const identity = { segment, segmentEpoch: 1, request, device, pasid, generation: 1, page, offset: 0 };
  return {
    kind: 'PageRequestQueued',
    ...identity,
    permissions,
    groupId,
    last,
    round,
    sentAtMicros,
    writtenAtMicros: now,
  };
}

/** The group's number is the request's, which is the slot of the device's loop: so nothing has to be remembered here. */
function groupQueued(member: PageRequestQueued, now: number): GroupQueued {
  const { request, device, pasid, groupId } = member;
  return {
    kind: 'GroupQueued',
    order: 0,
    group: request,
    groupEpoch: 1,
    device,
    model: 'pri',
    pasid,
    groupId,
    queue: QUEUE,
    queuedAtMicros: now,
    members: [member],
  };
}

function responses(message: LogMessage, now: number): GroupResponded[] {
  return iopfSchema.decode(message.body).map(({ group, device, code }) => ({
    kind: 'GroupResponded',
    group,
    groupEpoch: 1,
    device,
    segment: 0,
    groupId: group & 511,
    pasid: 1,
    code,
    model: 'pri',
    cause: 'handled',
    respondedAtMicros: now,
  }));
}

/** Queue messages first, `hw` after them (D5). */
function messages(ports: SkeletonPorts, records: readonly IommuRecord[]): OutgoingMessage[][] {
  const groups: GroupQueued[] = [];
  const hardware: (PageRequestQueued | GroupResponded | CycleClosed)[] = [];
  for (const record of records) {
    if (record.kind === 'GroupQueued') groups.push(record);
    else hardware.push(record);
  }
  hardware.push({ kind: 'CycleClosed', inputs: [] });
  const subject = ports.subjects.queueLog(0, QUEUE);
  const queue: OutgoingMessage[] = [];
  for (let start = 0; start < groups.length; start += GROUPS_PER_MESSAGE) {
    queue.push({
      subject,
      schema: iommuQueueSchema,
      body: iommuQueueSchema.encode(groups.slice(start, start + GROUPS_PER_MESSAGE)),
    });
  }
  return [
    queue,
    [{ subject: ports.subjects.hwLog(0), schema: iommuHwSchema, body: iommuHwSchema.encode(hardware) }],
  ];
}
