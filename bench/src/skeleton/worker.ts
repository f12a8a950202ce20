import {
  handleSchema,
  type HandleRequest,
  iommuQueueSchema,
  iopfSchema,
  type Sender,
} from '@faultline/contracts';
import type { GroupHandled, GroupQueued, MemberResult } from '@faultline/domain';
import { BatchLane, type WorkMessage } from '@faultline/hosting';
import { fail, LANE_MILLIS, MAX_BATCH, QUEUE, type SkeletonPorts } from './ports';

/** As a worker with 4096 servers and 64 groups a message has it. */
const PREFETCH = 128;
/** Requests to the mm in flight at once, as the worker has it without modelled cost. */
const WINDOW = 4;
const SENDER: Sender = { kind: 'Sender', unit: 'skeleton-worker', epoch: 0 };
const SUCCESS: MemberResult = { resolution: 'minor', error: 'none' };

interface OpenGroup {
  group: GroupQueued;
  startedAtMicros: number;
  /** One group of its work message is done. */
  done(): void;
}

interface Result {
  handled: GroupHandled;
  done(): void;
}

/** Takes groups from the queue to the mm and results to the log; acknowledges a message when the log holds all its results. */
export async function startWorker(ports: SkeletonPorts): Promise<undefined> {
  const options = { clock: ports.clock, maxBatch: MAX_BATCH, onError: fail };
  let appended = 0;
  const results = new BatchLane<Result>({
    ...options,
    send: async (batch) => {
      await append(
        ports,
        (appended += 1),
        batch.map(({ handled }) => handled),
      );
      for (const { done } of batch) done();
    },
  });
  const runs = new BatchLane<OpenGroup>({
    ...options,
    window: WINDOW,
    send: async (batch) => {
      for (const result of await handle(ports, batch)) results.push(result);
    },
  });
  const onWork = (message: WorkMessage): void => {
    const startedAtMicros = ports.clock.nowMicros();
    const groups = iommuQueueSchema.decode(message.body).filter((record) => record.kind === 'GroupQueued');
    let open = groups.length;
    const done = (): void => {
      open -= 1;
      if (open === 0) message.ack();
    };
    for (const group of groups) runs.push({ group, startedAtMicros, done });
  };
  await ports.work.work({ queue: QUEUE, prefetch: PREFETCH, onWork, onError: fail });
  return undefined;
}

async function handle(ports: SkeletonPorts, batch: readonly OpenGroup[]): Promise<Result[]> {
  const requests = batch.map(({ group }, run): HandleRequest => ({
    kind: 'HandleRequest',
    run,
    members: group.members,
  }));
  const body = handleSchema.encode(requests, [SENDER]);
  const reply = handleSchema.decode(await ports.lanes.request(ports.subjects.handle(0), body, LANE_MILLIS));
  const at = reply.find((record) => record.kind === 'HandledAt');
  if (!at) throw new Error('the mm did not say where it handled the runs');
  const { sequence } = at;
  const results: Result[] = [];
  for (const record of reply) {
    if (record.kind !== 'HandleReply') continue;
    const open = batch[record.run];
    if (!open) continue;
    const { group, startedAtMicros, done } = open;
    const { code, handlingAtMicros, handledAtMicros } = record;
    const times = { startedAtMicros, handlingAtMicros, handledAtMicros };
    const identity = { iommu: 0, epoch: 1, group: group.group, device: group.device };
    const positions = [{ shard: 0, sequence }];
    results.push({
      handled: { kind: 'GroupHandled', ...identity, code, ...times, members: [SUCCESS], positions },
      done,
    });
  }
  return results;
}

async function append(ports: SkeletonPorts, number: number, handled: readonly GroupHandled[]): Promise<void> {
  await ports.log.append({
    subject: ports.subjects.iopfLog(0),
    id: `skeleton-worker.${process.pid}.${number}`,
    headers: {
      schema: iopfSchema.name,
      version: iopfSchema.version,
      unit: SENDER.unit,
      epoch: 0,
      cycle: number,
    },
    body: iopfSchema.encode(handled),
  });
}
