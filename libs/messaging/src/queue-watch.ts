/** What one look at the durable consumer of an IOPF queue shows. */
export interface QueueLook {
  atMillis: number;
  /** When the consumer was made: tells one from another of the same name. */
  created: string;
  /** Deliveries it has made, repetitions included. */
  deliveries: number;
  /** Every message of the queue up to this sequence was settled. */
  ackFloor: number;
  /** Messages that were never delivered. */
  lag: number;
  /** Pulls of workers that wait to be served. */
  waiting: number;
}

/** What is wrong with a queue: its consumer is gone, or has stopped to deliver. */
export type QueueTrouble = 'missing' | 'stuck';

/** A consumer that is gone must be gone twice in a row: servers that have just elected a leader may not know it yet. */
const MISSING_LOOKS = 2;

/**
 * Judges the looks at one queue. Stuck is a queue of which, for as long as the patience lasts, workers wait for work, work is there
 * and grows no less, and yet nothing is delivered or settled. A queue without waiting workers is busy, one without lag is idle.
 */
export class QueueWatch {
  private anchor: QueueLook | undefined;
  private missing = 0;

  constructor(private readonly patienceMillis: number) {}

  /** Takes a look into account; `undefined` stands for a consumer that is not there. */
  judge(look: QueueLook | undefined): QueueTrouble | undefined {
    if (!look) {
      this.anchor = undefined;
      this.missing += 1;
      return this.missing >= MISSING_LOOKS ? 'missing' : undefined;
    }
    this.missing = 0;
    const { anchor } = this;
    if (!anchor || hasMoved(anchor, look)) this.anchor = look;
    else if (look.atMillis - anchor.atMillis >= this.patienceMillis) return 'stuck';
    return undefined;
  }

  /** Begins anew: what was seen says nothing about what comes, after a repair or a time without answers. */
  reset(): void {
    this.anchor = undefined;
    this.missing = 0;
  }
}

function hasMoved(anchor: QueueLook, look: QueueLook): boolean {
  return (
    look.waiting === 0 ||
    look.lag === 0 ||
    look.lag < anchor.lag ||
    look.deliveries !== anchor.deliveries ||
    look.ackFloor !== anchor.ackFloor ||
    look.created !== anchor.created
  );
}
