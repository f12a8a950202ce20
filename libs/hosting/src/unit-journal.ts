import { appendSurely, Deposed } from './append-surely';
import { followUntil } from './follow-until';
import type { SendingSpan } from './sending-span';
import {
  AppendRefused,
  type ClockPort,
  type LogAppend,
  LogFull,
  type LogMessage,
  type LogPort,
  LogReadFailed,
  LogTrimmed,
  LogUnavailable,
} from './ports';
import { toError } from './to-error';

/** Pause between tries while the log is full or away. Long enough not to add to its trouble, short enough not to be felt after it. */
const STALL_RETRY_MICROS = 200_000;

/** One message of a cycle, before it has headers. */
export interface OutgoingMessage {
  subject: string;
  schema: { name: string; version: number };
  body: Uint8Array;
  /** Present when it tells of traced faults. */
  span?: SendingSpan;
}

/**
 * Writes what one owner of a unit decides: numbers its cycles, stamps epoch and identity on every message, and fences each
 * append with the subject's last sequence, so that a deposed owner cannot write (D5, D6).
 */
export class UnitJournal {
  /** Number of the cycle that it began last, and of the newest one of which a message is in the log; 0 before the first. */
  begunCycle = 0;
  writtenCycle = 0;
  private readonly lastOfSubject = new Map<string, number>();
  /** What the ids of its messages begin with. */
  private readonly identity: string;
  /** Sequence of the newest message this owner appended; 0 before the first. */
  lastSequence = 0;

  constructor(
    private readonly log: LogPort,
    private readonly clock: ClockPort,
    readonly unit: string,
    readonly epoch: number,
    /**
     * Names this owner among all that ever were: two that believe in the same epoch must not give a message the same identity, or
     * the log would take one's for the other's.
     */
    owner: string,
    /** The log refuses messages for now (full, or not reachable): the unit stalls and tries again. */
    private readonly onStall: (error: Error) => void = () => undefined,
  ) {
    this.identity = `${unit}.${epoch}.${owner}.`;
  }

  /** Takes over a subject: appends from now on must follow `lastSequence` there. */
  follow(subject: string, lastSequence: number): void {
    this.lastOfSubject.set(subject, lastSequence);
  }

  /** Where the subject ended when this owner last looked; 0 for an empty one. */
  lastOf(subject: string): number {
    return this.lastOfSubject.get(subject) ?? 0;
  }

  /**
   * Writes one of the messages that begin an epoch, which are its first cycle. Rejects with `AppendRefused` or `Deposed` when an
   * owner before, or another one, wrote there since this one looked.
   */
  async begin(message: OutgoingMessage, part: number): Promise<void> {
    this.begunCycle = 1;
    await this.append(message, this.idOf(part));
  }

  /**
   * Rejects with `Deposed` when the log shows a newer owner, of which this one has not heard since it was frozen or cut off. An
   * unreachable log is waited for.
   */
  async checkOwner(): Promise<void> {
    // A new owner says so on every subject of the unit (D5).
    const [subject] = this.lastOfSubject.keys();
    const last = subject === undefined ? undefined : await this.lastPatiently(subject);
    if (subject === undefined || last?.headers.unit !== this.unit) return;
    if (last.headers.epoch > this.epoch) throw new Deposed(subject, this.epoch, last.headers.epoch);
  }

  private async lastPatiently(subject: string): Promise<LogMessage | undefined> {
    for (;;) {
      try {
        return await this.log.last(subject);
      } catch (error) {
        if (!(error instanceof LogReadFailed)) throw error;
        await this.stall(error);
      }
    }
  }

  private async stall(error: Error): Promise<void> {
    this.onStall(error);
    await new Promise<void>((resolve) => this.clock.after(STALL_RETRY_MICROS, resolve));
  }

  private idOf(part: number): string {
    return `${this.identity}${this.begunCycle}.${part}`;
  }

  /** Writes one cycle, phase by phase. Rejects only when the owner was deposed; an unreachable or full log is waited for. */
  write(phases: readonly (readonly OutgoingMessage[])[]): Promise<void> {
    this.begunCycle += 1;
    return this.writeFrom(phases, 0, 0) ?? Promise.resolve();
  }

  /** The phases from this one on; undefined when they have no message. Most cycles are one message or two, and cost as many promises. */
  private writeFrom(
    phases: readonly (readonly OutgoingMessage[])[],
    place: number,
    partsBefore: number,
  ): Promise<void> | undefined {
    const phase = phases[place];
    if (!phase) return undefined;
    const [first] = phase;
    if (!first) return this.writeFrom(phases, place + 1, partsBefore);
    const written =
      phase.length === 1
        ? this.append(first, this.idOf(partsBefore + 1))
        : this.writePhase(phase, partsBefore);
    if (place === phases.length - 1) return written;
    return written.then(() => this.writeFrom(phases, place + 1, partsBefore + phase.length));
  }

  private async writePhase(phase: readonly OutgoingMessage[], partsBefore: number): Promise<void> {
    const chains = new Map<string, { message: OutgoingMessage; id: string }[]>();
    for (const [place, message] of phase.entries()) {
      const part = { message, id: this.idOf(partsBefore + place + 1) };
      const chain = chains.get(message.subject);
      if (chain) chain.push(part);
      else chains.set(message.subject, [part]);
    }
    await Promise.all([...chains.values()].map((chain) => this.appendChain(chain)));
  }

  private async appendChain(chain: readonly { message: OutgoingMessage; id: string }[]): Promise<void> {
    for (const { message, id } of chain) await this.append(message, id);
  }

  private append({ subject, schema, body, span }: OutgoingMessage, id: string): Promise<void> {
    const { unit, epoch, begunCycle: cycle } = this;
    const message: LogAppend = {
      subject,
      id,
      headers: { schema: schema.name, version: schema.version, unit, epoch, cycle },
      body,
      expectedLastSubjectSequence: this.lastOfSubject.get(subject) ?? 0,
    };
    if (span) {
      message.headers.traceparent = span.traceparent;
      span.begins();
    }
    // Nearly always the first try is taken, and more than one promise for it would be too many.
    return this.log.append(message).then(
      ({ sequence }) => this.appended(message, sequence, span),
      (thrown: unknown) =>
        this.appendPatiently(message, toError(thrown)).then(
          (sequence) => this.appended(message, sequence, span),
          (error: unknown) => {
            span?.failed(toError(error));
            throw error;
          },
        ),
    );
  }

  private appended({ subject, headers }: LogAppend, sequence: number, span: SendingSpan | undefined): void {
    span?.arrived(sequence);
    this.lastOfSubject.set(subject, sequence);
    this.writtenCycle = headers.cycle;
    if (sequence > this.lastSequence) this.lastSequence = sequence;
  }

  /** A full or unreachable log is no reason to lose anything: the unit stalls, and with it whoever waits for its replies. */
  private async appendPatiently(message: LogAppend, firstFailure: Error): Promise<number> {
    let failed = firstFailure;
    let expectedLastSubjectSequence = message.expectedLastSubjectSequence ?? 0;
    for (;;) {
      try {
        const next = { ...message, expectedLastSubjectSequence };
        return (await appendSurely(this.log, next, this.clock, { failed })).sequence;
      } catch (error) {
        failed = toError(error);
        if (error instanceof AppendRefused) {
          expectedLastSubjectSequence = await this.behindStrangers(error);
          continue;
        }
        if (!(error instanceof LogFull || error instanceof LogUnavailable)) throw error;
        await this.stall(error);
      }
    }
  }

  /**
   * Where the subject ends, if only strangers wrote there since: a foreign message is for its readers to refuse, and must not
   * stop the unit. Rejects with the refusal when the unit itself wrote, in whatever epoch: then this owner is not the only one.
   */
  private async behindStrangers(refusal: AppendRefused): Promise<number> {
    const { subject, expectedLastSubjectSequence: known } = refusal;
    const end = (await this.log.last(subject))?.sequence ?? 0;
    if (end <= known) throw refusal;
    try {
      return await followUntil(this.log, { subject, fromSequence: known + 1 }, ({ sequence, headers }) => {
        if (headers.unit === this.unit) throw refusal;
        return sequence >= end ? sequence : undefined;
      });
    } catch (error) {
      // What follows this owner's last message is trimmed only behind the snapshot of another owner.
      throw error instanceof LogTrimmed ? refusal : error;
    }
  }
}
