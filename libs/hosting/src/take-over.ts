import { Deposed } from './append-surely';
import { followUntil } from './follow-until';
import { AppendRefused, type ClockPort, type LogMessage, type LogPort, LogTrimmed } from './ports';
import { type OutgoingMessage, UnitJournal } from './unit-journal';

/** What a new owner needs to continue a unit, or to begin one that has no history. */
export interface TakeOver {
  unit: string;
  /** Names this owner among all that ever were. */
  owner: string;
  /** Every subject the unit writes, in the order in which a new owner says so: the last one completes the epoch (D5). */
  subjects: readonly string[];
  /** A subject that covers all of them. */
  pattern: string;
  /** What a snapshot holds already: everything up to `sequence`, written in epochs up to `epoch`; zeros without one. */
  from: { sequence: number; epoch: number };
  /** Takes a message that an owner of the unit wrote, this one included; in the order of the log, each once. */
  fold(message: LogMessage): void;
  /** The first message of the epoch for each subject, in their order, as what was folded asks for it. */
  begin(epoch: number): readonly OutgoingMessage[];
  onStall?(error: Error): void;
}

/**
 * While this owner stood still, or the server had forgotten its reader, the log was trimmed between what it has read and what is there
 * now: another owner of the unit went that far. The unit may be taken over again, with the other's snapshot.
 */
export class UnitOutpaced extends Error {
  constructor(
    readonly unit: string,
    options?: ErrorOptions,
  ) {
    super(`${unit} was outpaced: the log was trimmed before this owner had read it`, options);
    this.name = 'UnitOutpaced';
  }
}

/**
 * Makes the caller the owner of a unit: reads what the unit wrote, and says "owner changed" on each of its subjects, fenced by what
 * was read (D5). Whoever owned it before, alive or frozen, can write nothing after that: where it was faster, its message is
 * read first and the fence set anew. Resolves when everything is folded, the caller's own messages included.
 *
 * Rejects when the log cannot be read, with {@link LogTrimmed} when it does not hold what follows `from`, with
 * {@link UnitOutpaced}, or with whatever `fold` throws.
 */
export async function takeOver(log: LogPort, clock: ClockPort, how: TakeOver): Promise<UnitJournal> {
  const history = new History(log, how);
  await history.catchUp();
  try {
    return await beginAfter(history, log, clock, how);
  } catch (error) {
    // What this one has read was there; only a snapshot of somebody else's lets the log be trimmed behind it.
    throw error instanceof LogTrimmed ? new UnitOutpaced(how.unit, { cause: error }) : error;
  }
}

async function beginAfter(
  history: History,
  log: LogPort,
  clock: ClockPort,
  how: TakeOver,
): Promise<UnitJournal> {
  for (;;) {
    const journal = new UnitJournal(log, clock, how.unit, history.epoch + 1, how.owner, how.onStall);
    if (await beginEpoch(journal, history, how)) {
      await history.catchUp();
      return journal;
    }
  }
}

/** Returns false when somebody else has begun this epoch or a later one. */
async function beginEpoch(journal: UnitJournal, history: History, how: TakeOver): Promise<boolean> {
  for (let place = 0; place < how.subjects.length;) {
    for (const subject of how.subjects.slice(place)) journal.follow(subject, history.lastOf(subject));
    const message = how.begin(journal.epoch)[place];
    if (!message) throw new Error(`unit ${how.unit} begins no epoch on ${how.subjects[place]}`);
    try {
      await journal.begin(message, place + 1);
      place += 1;
    } catch (error) {
      if (!(error instanceof AppendRefused || error instanceof Deposed)) throw error;
      await history.catchUp();
      if (history.epochOfOthers >= journal.epoch) return false;
    }
  }
  return true;
}

/** What the owners of a unit have written, read as far as it goes. */
class History {
  private readonly last = new Map<string, number>();
  private position: number;
  private highest: number;
  private highestOfOthers = 0;

  constructor(
    private readonly log: LogPort,
    private readonly how: TakeOver,
  ) {
    this.position = how.from.sequence;
    this.highest = how.from.epoch;
  }

  /** Highest epoch that was begun. */
  get epoch(): number {
    return this.highest;
  }

  get epochOfOthers(): number {
    return this.highestOfOthers;
  }

  lastOf(subject: string): number {
    return this.last.get(subject) ?? 0;
  }

  /** Reads on to where the unit's subjects end now. */
  async catchUp(): Promise<void> {
    const { subjects } = this.how;
    const ends = await Promise.all(subjects.map((subject) => this.log.last(subject)));
    let end = 0;
    subjects.forEach((subject, place) => {
      const sequence = ends[place]?.sequence ?? 0;
      this.last.set(subject, Math.max(this.lastOf(subject), sequence));
      end = Math.max(end, sequence);
    });
    if (end > this.position) await this.readTo(end);
  }

  private readTo(end: number): Promise<unknown> {
    const where = { subject: this.how.pattern, fromSequence: this.position + 1 };
    return followUntil(this.log, where, (message) => {
      this.take(message);
      return message.sequence >= end ? true : undefined;
    });
  }

  private take(message: LogMessage): void {
    const { subject, sequence, headers, id } = message;
    if (sequence <= this.position) return;
    this.position = sequence;
    this.last.set(subject, Math.max(this.lastOf(subject), sequence));
    // What a stranger put on the unit's subjects is not its history; its readers refuse it.
    if (headers.unit !== this.how.unit) return;
    this.highest = Math.max(this.highest, headers.epoch);
    const isOwn = id.startsWith(`${this.how.unit}.${headers.epoch}.${this.how.owner}.`);
    if (!isOwn) this.highestOfOthers = Math.max(this.highestOfOthers, headers.epoch);
    this.how.fold(message);
  }
}
