import type { Decider } from '@faultline/domain';
import { Deposed } from './append-surely';
import { AppendRefused, type ClockPort } from './ports';
import { UnitOutpaced } from './take-over';
import { toError } from './to-error';
import type { OutgoingMessage, UnitJournal } from './unit-journal';

/** What a service says about a kind of unit, so that the host can run it. */
export interface UnitPlan<State, Command, Event> {
  readonly decider: Decider<State, Command, Event>;
  /** Whether the event belongs in the log. The others live and die with the owner. */
  isDurable(event: Event): boolean;
  /**
   * The messages that write a cycle's durable events, in phases: a phase begins when the one before is in the log (D5). Within a
   * phase, messages of one subject are appended one after the other, different subjects at the same time.
   */
  messages(durable: readonly Event[]): OutgoingMessage[][];
  /** Whether an error of the decider only says no to its command: the asker gets it, and the unit goes on. */
  isRefusal?(error: unknown): boolean;
  /** What the unit does by itself at the end of a turn's inputs: `apply` runs one more command in the same turn. */
  conclude?(state: State, apply: (command: Command) => void): void;
  /** A turn was decided. Only for effects that may be lost or repeated after a crash, as a device's bus messages may. */
  decided?(events: readonly Event[]): void;
  /**
   * These events are in the log, or need not be and follow such: now others may learn of them. `durable` of them are in the log, and
   * folded by whoever has the unit next.
   */
  released(events: readonly Event[], durable: number): void;
}

/** The unit is not here any more: it was handed over. What was asked of it is asked of its next owner. */
export class UnitClosed extends Error {
  constructor() {
    super('the unit was handed over to another owner');
    this.name = 'UnitClosed';
  }
}

/** Whether the error says that the unit has another owner now, and nothing worse. */
export function isLoss(error: unknown): boolean {
  return [UnitClosed, Deposed, AppendRefused, UnitOutpaced].some((loss) => error instanceof loss);
}

interface Entry<Command, Event> {
  commands: readonly Command[];
  resolve?(events: readonly Event[]): void;
  reject?(error: Error): void;
}

/** A decided turn on its way to the log: its events, and for each input where its own events end. */
interface Turn<Command, Event> {
  events: Event[];
  entries: Entry<Command, Event>[];
  ends: number[];
  /** How many of its events belong in the log; known when it is written. */
  durable: number;
}

/**
 * Runs one unit as its only owner.
 *
 * A turn takes what has arrived, decides and evolves it. Its durable events are appended, one append cycle in flight; what is
 * decided meanwhile is the next cycle, so a batch is as large as the log is slow, with no timer to tune. Nobody learns of an
 * event before the log holds it and everything decided before it.
 */
export class UnitHost<State, Command, Event> {
  private current: State;
  private inbox: Entry<Command, Event>[] = [];
  private unwritten: Turn<Command, Event>[] = [];
  private backlogged = 0;
  private scheduled = false;
  private writing = false;
  private failure: Error | undefined;
  /** It could not write what it had decided, or could not decide. */
  private broken = false;
  private idle: (() => void)[] = [];
  /** Someone waits for a moment in which the state is what the log holds: no turn is taken before it. */
  private checkpoints: (() => void)[] = [];

  constructor(
    private readonly plan: UnitPlan<State, Command, Event>,
    private readonly journal: UnitJournal,
    private readonly clock: ClockPort,
    /** The unit can go no further: it was deposed, or one of its invariants broke. */
    private readonly onFailure: (error: Error) => void,
    /** What folding the unit's log gave; the state before any event for a unit that begins. */
    recovered?: State,
  ) {
    this.current = recovered ?? plan.decider.initial();
  }

  /** The state now, with events that may still be on their way to the log. Read only. */
  get state(): State {
    return this.current;
  }

  /** Events decided and not yet in the log. A unit that feeds itself stops doing so when this grows: back-pressure of the log. */
  get backlog(): number {
    return this.backlogged;
  }

  /** Whether it was closed, and everything it had decided is in the log: what it is now the log gives too. */
  get endedInOrder(): boolean {
    return this.failure instanceof UnitClosed && !this.writing && this.unwritten.length === 0 && !this.broken;
  }

  /** Puts commands into the next turn. */
  submit(commands: readonly Command[]): void {
    if (this.failure) return;
    this.inbox.push({ commands });
    this.wake();
  }

  /** Puts commands into the next turn; resolves with the events they caused when these are in the log. */
  settle(commands: readonly Command[]): Promise<readonly Event[]> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.inbox.push({ commands, resolve, reject });
      this.wake();
    });
  }

  /**
   * Decides a command at once, beside any append in flight. Only for commands that cause nothing durable, which so depend on
   * nothing that could still fail to reach the log: translations and invalidations, which must not queue behind page requests (D11).
   */
  perform(command: Command): readonly Event[] {
    const events = this.plan.decider.decide(this.current, command, this.clock.nowMicros());
    for (const event of events) {
      if (this.plan.isDurable(event))
        throw new Error('a command performed beside the log caused a durable event');
      this.current = this.plan.decider.evolve(this.current, event);
    }
    return events;
  }

  /** Rejects with `Deposed`, and fails, when the log shows a newer owner. Waits for a log that cannot be reached. */
  async checkOwner(): Promise<void> {
    try {
      await this.journal.checkOwner();
    } catch (error) {
      if (error instanceof Deposed) this.fail(error);
      throw error;
    }
  }

  /**
   * What it answers, as the newest owner. What is appended since the question came proves that. Where nothing is, the log is asked: no
   * fence stops a deposed owner from answering by what was so before. Rejects with `Deposed` then.
   */
  async asOwner<T>(answer: () => Promise<T> | T): Promise<T> {
    const { begunCycle } = this.journal;
    try {
      return await answer();
    } finally {
      if (this.journal.writtenCycle <= begunCycle) await this.checkOwner();
    }
  }

  /** Takes a turn soon, so that `conclude` runs although no command came. */
  wake(): void {
    if (this.scheduled || this.failure) return;
    this.scheduled = true;
    this.clock.after(0, this.turn);
  }

  private readonly turn = (): void => {
    this.scheduled = false;
    this.takeTurn();
  };

  /** Resolves when nothing waits and no append is in flight. */
  async settled(): Promise<void> {
    if (this.isAtRest()) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private isAtRest(): boolean {
    if (this.writing) return false;
    return this.failure !== undefined || (!this.scheduled && this.inbox.length === 0);
  }

  private tellRest(): void {
    if (this.isAtRest()) for (const resolve of this.idle.splice(0)) resolve();
  }

  /**
   * Calls back in a moment in which the state holds exactly the events that are in the log. The unit waits for at most the append
   * that is in flight. Never calls back when the unit fails or is closed before.
   */
  checkpoint(look: (state: State) => void): void {
    if (this.failure) return;
    this.checkpoints.push(() => look(this.current));
    this.wake();
  }

  /** Takes nothing more, and rejects what waits with {@link UnitClosed}. What is decided goes on to the log; see {@link settled}. */
  close(): void {
    if (this.failure) return;
    this.failure = new UnitClosed();
    this.checkpoints = [];
    for (const entry of this.inbox.splice(0)) entry.reject?.(this.failure);
    this.tellRest();
  }

  private takeTurn(): void {
    if (this.checkpoints.length > 0) {
      // The next turn is taken when what was decided is written.
      if (this.writing) return;
      for (const look of this.checkpoints.splice(0)) look();
    }
    if (this.failure) return;
    const turn: Turn<Command, Event> = { events: [], entries: this.inbox, ends: [], durable: 0 };
    this.inbox = [];
    // One reading of the clock serves the turn: what is decided together happens at the same moment.
    const nowMicros = this.clock.nowMicros();
    const apply = (command: Command): void => this.apply(command, nowMicros, turn.events);
    try {
      for (const entry of turn.entries) {
        this.applyEntry(entry, apply);
        turn.ends.push(turn.events.length);
      }
      this.plan.conclude?.(this.current, apply);
      this.plan.decided?.(turn.events);
    } catch (error) {
      this.unwritten.push(turn);
      this.fail(error);
      return;
    }
    if (turn.events.length > 0 || turn.entries.length > 0) this.unwritten.push(turn);
    this.backlogged += turn.events.length;
    if (!this.writing) this.writeNext();
  }

  /** Writes what waits, as one cycle. What is decided until it is in the log is the next one. Costs no promise beside the journal's. */
  private writeNext(): void {
    this.writing = true;
    try {
      while (this.unwritten.length > 0) {
        const turns = this.unwritten;
        this.unwritten = [];
        const durable = this.durableOf(turns);
        if (durable.length > 0) return this.write(turns, durable);
        this.release(turns);
      }
    } catch (error) {
      this.fail(error);
    }
    this.rest();
  }

  private write(turns: Turn<Command, Event>[], durable: readonly Event[]): void {
    const failed = (error: unknown): void => {
      this.unwritten.unshift(...turns);
      this.fail(error);
      this.rest();
    };
    let written: Promise<void>;
    try {
      written = this.journal.write(this.plan.messages(durable));
    } catch (error) {
      return failed(error);
    }
    written.then(() => {
      try {
        this.release(turns);
      } catch (error) {
        this.fail(error);
      }
      this.writeNext();
    }, failed);
  }

  /** Nothing is on its way to the log. */
  private rest(): void {
    this.writing = false;
    if (this.checkpoints.length > 0) this.wake();
    this.tellRest();
  }

  private durableOf(turns: readonly Turn<Command, Event>[]): Event[] {
    const durable: Event[] = [];
    for (const turn of turns) {
      const before = durable.length;
      for (const event of turn.events) if (this.plan.isDurable(event)) durable.push(event);
      turn.durable = durable.length - before;
    }
    return durable;
  }

  private release(turns: readonly Turn<Command, Event>[]): void {
    for (const { events, entries, ends, durable } of turns) {
      this.backlogged -= events.length;
      this.plan.released(events, durable);
      for (let place = 0; place < entries.length; place += 1)
        entries[place]?.resolve?.(events.slice(place === 0 ? 0 : ends[place - 1], ends[place]));
    }
  }

  /** The commands of one asker. One that is refused ends them. */
  private applyEntry(entry: Entry<Command, Event>, apply: (command: Command) => void): void {
    try {
      for (const command of entry.commands) apply(command);
    } catch (error) {
      if (!this.plan.isRefusal?.(error)) throw error;
      this.refuse(entry.reject, error as Error);
      entry.resolve = undefined;
      entry.reject = undefined;
    }
  }

  /**
   * A refusal writes nothing, so no fence would stop that of an owner which was deposed and knows only what was before: the log is asked
   * first. Nothing that follows depends on a refusal, so nobody else waits for it.
   */
  private refuse(reject: Entry<Command, Event>['reject'], refusal: Error): void {
    this.checkOwner().then(
      () => reject?.(refusal),
      (error: unknown) => reject?.(toError(error)),
    );
  }

  private apply(command: Command, nowMicros: number, events: Event[]): void {
    const { decider } = this.plan;
    const decided = decider.decide(this.current, command, nowMicros);
    // By place: this is done some times for every fault, and an iterator costs an object for each event.
    for (let place = 0; place < decided.length; place += 1) {
      const event = decided[place] as Event;
      this.current = decider.evolve(this.current, event);
      events.push(event);
    }
  }

  private fail(cause: unknown): void {
    const error = toError(cause);
    const wasClosed = this.failure !== undefined;
    this.failure ??= error;
    this.broken = true;
    this.checkpoints = [];
    for (const turn of this.unwritten.splice(0)) for (const entry of turn.entries) entry.reject?.(error);
    for (const entry of this.inbox.splice(0)) entry.reject?.(error);
    this.tellRest();
    if (!wasClosed) this.onFailure(error);
  }
}
