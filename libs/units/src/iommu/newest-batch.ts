import { isRequest, type PageRequestRecord } from './request-commands';

/** Which batch of requests it is: batches of one owner of a segment do not overlap, and begin with growing numbers. */
interface Batch {
  segmentEpoch: number;
  firstRequest: number;
  length: number;
}

/**
 * The reply to the newest batch of requests. Which accesses translated at once stands there and in no log, and it may be lost: the same
 * batch, sent again, is answered by the same reply. A segment sends its next batch only when it has the reply, so one is enough; but a
 * copy of an older batch may come late, from the network or from an owner that was frozen, and must not take its place.
 */
export class NewestBatch {
  private newest: { batch: Batch; reply: Promise<Uint8Array> } | undefined;

  /** The reply of the first time to this batch, or `answer`'s, which is kept. What `answer` throws, it does so before anything was taken: that is not kept. */
  reply(records: readonly PageRequestRecord[], answer: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const batch = batchOf(records);
    const { newest } = this;
    if (batch && newest && isSame(batch, newest.batch)) return newest.reply;
    const reply = answer();
    if (batch && !(newest && isOlder(batch, newest.batch))) this.newest = { batch, reply };
    return reply;
  }
}

/** Undefined for a greeting, which asks nothing. */
function batchOf(records: readonly PageRequestRecord[]): Batch | undefined {
  const [head, first] = records;
  if (head?.kind !== 'Sender' || !first || !isRequest(first)) return undefined;
  return { segmentEpoch: head.epoch, firstRequest: first.request, length: records.length };
}

function isSame(one: Batch, other: Batch): boolean {
  const { segmentEpoch, firstRequest, length } = one;
  return (
    segmentEpoch === other.segmentEpoch && firstRequest === other.firstRequest && length === other.length
  );
}

function isOlder(one: Batch, other: Batch): boolean {
  if (one.segmentEpoch !== other.segmentEpoch) return one.segmentEpoch < other.segmentEpoch;
  return one.firstRequest < other.firstRequest;
}
