import { iommuHwSchema, iommuQueueSchema, type CycleClosed, type Subjects } from '@faultline/contracts';
import type { GroupQueued, IommuEvent } from '@faultline/domain';
import type { OutgoingMessage } from '@faultline/hosting';

/** Records of one `hw` message: keeps a message far below what a NATS server accepts (1 MiB by default). */
const HW_RECORDS = 4_096;

/**
 * The messages of one cycle of an IOMMU (D5): first the queue messages, each with at most `groupsPerMessage` complete groups
 * (D15), then `hw` with everything else the cycle decided, closed by the positions its inputs had reached.
 */
export function cycleMessages(
  subjects: Subjects,
  iommu: number,
  groupsPerMessage: number,
  events: readonly IommuEvent[],
  inputs: CycleClosed['inputs'],
): OutgoingMessage[][] {
  const groups = new Map<string, GroupQueued[]>();
  const hardware: (Exclude<IommuEvent, GroupQueued> | CycleClosed)[] = [];
  events.forEach((event, order) => {
    if (event.kind !== 'GroupQueued') {
      hardware.push(event);
      return;
    }
    event.order = order;
    const queue = groups.get(event.queue);
    if (queue) queue.push(event);
    else groups.set(event.queue, [event]);
  });
  hardware.push({ kind: 'CycleClosed', inputs });
  const queueMessages: OutgoingMessage[] = [];
  for (const [queue, queued] of groups) {
    for (let start = 0; start < queued.length; start += groupsPerMessage) {
      const body = iommuQueueSchema.encode(queued.slice(start, start + groupsPerMessage));
      queueMessages.push({ subject: subjects.queueLog(iommu, queue), schema: iommuQueueSchema, body });
    }
  }
  const hwMessages: OutgoingMessage[] = [];
  for (let start = 0; start < hardware.length; start += HW_RECORDS) {
    const body = iommuHwSchema.encode(hardware.slice(start, start + HW_RECORDS));
    hwMessages.push({ subject: subjects.hwLog(iommu), schema: iommuHwSchema, body });
  }
  return [queueMessages, hwMessages];
}
