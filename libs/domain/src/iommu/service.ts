import type { ServiceOrder } from './config';

/** Closed groups of one device that wait for its turn on one queue, oldest first. */
export interface HeldGroups {
  device: number;
  groups: HeldGroup[];
  /** Page requests it may still have served in this turn. */
  deficit: number;
}

/** A closed group that is on no queue yet. */
export interface HeldGroup {
  serial: number;
  /** Its page requests, which is what its service costs. */
  requests: number;
}

/** One IOPF queue under fair service. */
export interface FairQueue {
  /** Devices with held groups; it is the first one's turn, and its quantum is in its deficit already. */
  turns: HeldGroups[];
  /** Groups that are on the queue and not answered. */
  unanswered: number;
}

/** Deficit round robin over the devices of each queue (D14). Part of the durable state: plain data. */
export interface FairService {
  quantum: number;
  window: number;
  queues: Map<string, FairQueue>;
}

/** Nothing held; `null` for first come, first served. */
export function createService(order: ServiceOrder): FairService | null {
  if (order.order === 'fifo') return null;
  return { quantum: order.quantum, window: order.window, queues: new Map() };
}

/** A queue whose window has room for the next held group, or `undefined`. */
export function findReadyQueue(service: FairService): FairQueue | undefined {
  for (const queue of service.queues.values()) {
    if (queue.turns.length > 0 && queue.unanswered < service.window) return queue;
  }
  return undefined;
}

/** Serial of the group that is served next on the queue; the queue has held groups. */
export function nextServed({ quantum }: FairService, { turns }: FairQueue): number {
  // A device whose deficit is too small for its next group gives its turn up; with every round it may have one quantum more.
  for (let round = 0; ; round += 1) {
    for (const [place, { deficit, groups }] of turns.entries()) {
      const quanta = place === 0 ? round : round + 1;
      const [next] = groups;
      if (next !== undefined && deficit + quanta * quantum >= next.requests) return next.serial;
    }
  }
}

/** A closed group of the device waits for its turn. */
export function evolveHold(
  service: FairService,
  queueName: string,
  device: number,
  serial: number,
  requests: number,
): void {
  const { turns } = queueOf(service, queueName);
  const known = turns.find((turn) => turn.device === device);
  if (known !== undefined) {
    known.groups.push({ serial, requests });
    return;
  }
  // Only the first one has the quantum of its turn.
  const deficit = turns.length === 0 ? service.quantum : 0;
  turns.push({ device, groups: [{ serial, requests }], deficit });
}

/** The group is on its queue now. Held or not, it counts there until it is answered. */
export function evolveServed(service: FairService, queueName: string, serial: number): void {
  const queue = queueOf(service, queueName);
  queue.unanswered += 1;
  const { turns } = queue;
  const turn = turns.find(({ groups }) => groups[0]?.serial === serial);
  const served = turn?.groups[0];
  if (turn === undefined || served === undefined) return;
  // Whoever stood before it could not afford its own next group: their turns are over, with what they had saved.
  while (turns[0] !== turn || turn.deficit < served.requests) endTurn(service, turns);
  turn.deficit -= served.requests;
  take(service, turns, turn, serial);
}

/** The group is answered or discarded: it leaves its place among the held ones, or its queue has room for another. */
export function evolveEnded(service: FairService, queueName: string, device: number, serial: number): void {
  const queue = queueOf(service, queueName);
  const turn = queue.turns.find((each) => each.device === device);
  if (turn?.groups.some((group) => group.serial === serial)) take(service, queue.turns, turn, serial);
  else queue.unanswered -= 1;
}

function queueOf(service: FairService, name: string): FairQueue {
  const known = service.queues.get(name);
  if (known !== undefined) return known;
  const queue: FairQueue = { turns: [], unanswered: 0 };
  service.queues.set(name, queue);
  return queue;
}

/** The first device gives its turn up; the next one begins its own. */
function endTurn(service: FairService, turns: HeldGroups[]): void {
  turns.push(...turns.splice(0, 1));
  beginTurn(service, turns);
}

function beginTurn(service: FairService, turns: HeldGroups[]): void {
  if (turns[0] !== undefined) turns[0].deficit += service.quantum;
}

/** A device without held groups has no turn, and saves nothing for later. */
function take(service: FairService, turns: HeldGroups[], turn: HeldGroups, serial: number): void {
  turn.groups.splice(
    turn.groups.findIndex((group) => group.serial === serial),
    1,
  );
  if (turn.groups.length > 0) return;
  const place = turns.indexOf(turn);
  turns.splice(place, 1);
  if (place === 0) beginTurn(service, turns);
}
