import { iommuHwSchema, iommuQueueSchema, type CycleClosed, type Subjects } from '@faultline/contracts';
import type { GroupQueued, IommuEvent, IommuOwnerChanged } from '@faultline/domain';
import type { OutgoingMessage } from '@faultline/hosting';
import { type IommuTracer, messagesOf } from '../common';

/** Where one IOMMU writes, and how much of it goes into a work message. */
export interface CycleLayout {
  subjects: Subjects;
  iommu: number;
  /** Every IOPF queue its groups can go to. */
  queues: readonly string[];
  groupsPerMessage: number;
}

/**
 * The messages of one cycle of an IOMMU (D5): first the queue messages, each with at most `groupsPerMessage` complete groups
 * (D15), then `hw` with everything else the cycle decided, closed by the positions its inputs had reached. A new owner says so on
 * every subject of its unit.
 */
export function cycleMessages(
  { subjects, iommu, queues, groupsPerMessage }: CycleLayout,
  events: readonly IommuEvent[],
  inputs: CycleClosed['inputs'],
  tracer?: IommuTracer,
): OutgoingMessage[][] {
  const groups = new Map<string, GroupQueued[]>();
  const queueMessages: OutgoingMessage[] = [];
  const onQueue = (queue: string, records: readonly (GroupQueued | IommuOwnerChanged)[]): void => {
    const [subject, schema] = [subjects.queueLog(iommu, queue), iommuQueueSchema];
    const span = tracer?.appends({ subject, schema }, records);
    queueMessages.push({ subject, schema, body: schema.encode(records), span });
  };
  const hardware: (Exclude<IommuEvent, GroupQueued> | CycleClosed)[] = [];
  events.forEach((event, order) => {
    switch (event.kind) {
      case 'GroupQueued': {
        event.order = order;
        const queue = groups.get(event.queue);
        if (queue) queue.push(event);
        else groups.set(event.queue, [event]);
        return;
      }
      case 'GroupHeld':
        event.order = order;
        break;
      case 'IommuOwnerChanged':
        for (const queue of queues) onQueue(queue, [event]);
        break;
      default:
        break;
    }
    hardware.push(event);
  });
  hardware.push({ kind: 'CycleClosed', inputs });
  for (const [queue, queued] of groups) {
    for (let start = 0; start < queued.length; start += groupsPerMessage) {
      onQueue(queue, queued.slice(start, start + groupsPerMessage));
    }
  }
  const hw = { subject: subjects.hwLog(iommu), schema: iommuHwSchema };
  return [queueMessages, messagesOf(hw, hardware, tracer)];
}
