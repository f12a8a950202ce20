import type { ShardPosition } from '../iopf/events';
import type { ResponseCode } from '../kernel/vocabulary';
import { firstUnreached, type Replica } from './replica';

/** An admitted result whose mappings the replica has not reached (D8). */
export interface WaitingResult {
  serial: number;
  group: number;
  groupEpoch: number;
  code: ResponseCode;
  positions: readonly ShardPosition[];
  /** Position of the result in the log of handled groups. */
  sequence: number;
}

/** Admitted results that wait. Not durable: a successor reads them again from the log of handled groups. */
export interface WaitingResults {
  /** By the serial of their group, in order of admission. */
  bySerial: Map<number, WaitingResult>;
  /** shard -> results for which that shard is the first one that lags. */
  byShard: Map<number, WaitingResult[]>;
  /** Results whose mappings are there, in the order in which they became so. */
  ready: WaitingResult[];
}

/** Nothing waits. */
export function createWaitingResults(): WaitingResults {
  return { bySerial: new Map(), byShard: new Map(), ready: [] };
}

/** The result waits for the first shard that lags; one that lags nowhere is ready. */
export function evolveWait(waiting: WaitingResults, replica: Replica, result: WaitingResult): void {
  waiting.bySerial.set(result.serial, result);
  sortIn(waiting, replica, result);
}

function sortIn(waiting: WaitingResults, replica: Replica, result: WaitingResult): void {
  const lagging = firstUnreached(replica, result.positions);
  if (lagging === undefined) {
    waiting.ready.push(result);
    return;
  }
  const others = waiting.byShard.get(lagging.shard);
  if (others === undefined) waiting.byShard.set(lagging.shard, [result]);
  else others.push(result);
}

/** The replica went on in one shard: results that waited for it are ready, or wait for the next shard that lags. */
export function evolveWake(waiting: WaitingResults, replica: Replica, shard: number): void {
  const lagging = waiting.byShard.get(shard);
  if (lagging === undefined) return;
  waiting.byShard.delete(shard);
  for (const result of lagging) {
    if (waiting.bySerial.get(result.serial) === result) sortIn(waiting, replica, result);
  }
}

/** The group is answered or discarded: its result waits no more. */
export function evolveForget(waiting: WaitingResults, serial: number): void {
  if (waiting.bySerial.size === 0 || !waiting.bySerial.delete(serial)) return;
  if (waiting.ready[0]?.serial === serial) waiting.ready.shift();
  else waiting.ready = waiting.ready.filter((result) => result.serial !== serial);
}
