import { logStream, snapshotIndexBucket } from '@faultline/contracts';
import { KvConflict, KvLost, KvUnavailable, LogTrimmed, subjectMatcher, toError } from '@faultline/hosting';
import type { ConsumerInfo } from 'nats';
import type { NatsLink } from './connection';
import { askJetStream, JetStreamRefused, NO_MESSAGE_FOUND } from './jetstream-api';
import { NatsKv } from './nats-kv';
import { patiently } from './patience';

const KEY = 'log.held-from';

interface ConsumerPage {
  total: number;
  consumers?: ConsumerInfo[];
  /** Consumers of which the server that answers has heard nothing: in a cluster they may be led by one that does not answer. */
  missing?: string[];
}

/** The server does not tell of all readers of a log, so nothing can be trimmed. */
export class ReadersUnknown extends Error {
  constructor(
    readonly found: number,
    readonly total: number,
    readonly missing: readonly string[],
  ) {
    const unheard = missing.length > 0 ? `, nothing of ${missing.join(', ')}` : '';
    super(
      `the server tells of ${found} of the ${total} consumers of the log${unheard}: nothing is trimmed until it tells of all`,
    );
    this.name = 'ReadersUnknown';
  }
}

/** By subject, where what the log holds of it begins. */
type Floors = Map<string, number>;

/**
 * Trims a log, and tells readers what was trimmed. JetStream gives a reader that asks for removed messages the next ones, without a
 * word; so where the log begins is announced in a bucket before anything is removed, and a reader looks there after the server has
 * registered it: either it finds the announcement, or whoever trims finds the reader.
 */
export class LogTrimming {
  private readonly stream: string;
  private readonly bucket: string;
  private readonly announced: NatsKv;
  /** What this process has removed: whoever trims says the same floors again and again. */
  private readonly removed: Floors = new Map();

  constructor(
    private readonly link: NatsLink,
    lab: string,
  ) {
    this.stream = logStream(lab);
    this.bucket = snapshotIndexBucket(lab);
    this.announced = new NatsKv(link, this.bucket);
  }

  /** Throws `LogTrimmed` when something on the subject from the sequence on was removed, or is about to be. */
  async check(subject: string, fromSequence: number): Promise<void> {
    const matches = subjectMatcher(subject);
    for (const [each, heldFrom] of (await this.floors()).floors)
      if (heldFrom > fromSequence && matches(each)) throw new LogTrimmed(subject, fromSequence, heldFrom);
  }

  /** See `LogPort.trim`. */
  async trim(wanted: ReadonlyMap<string, number>): Promise<void> {
    const news = [...wanted].filter(([subject, floor]) => floor > this.removedBefore(subject));
    if (news.length === 0) return;
    const possible = await this.possible(news);
    if (possible.size === 0) return;
    await this.announce(possible);
    // Who came meanwhile may not have seen the announcement, and is one of the readers now.
    for (const [subject, seq] of await this.possible([...possible])) {
      await this.ask(`STREAM.PURGE.${this.stream}`, { filter: subject, seq });
      this.removed.set(subject, seq);
    }
  }

  /** Everything of the subject before this sequence was removed by this process. */
  private removedBefore(subject: string): number {
    return this.removed.get(subject) ?? 1;
  }

  /** What of it no reader needs any more, is no subject's last message, and is still there. */
  private async possible(wanted: readonly [subject: string, floor: number][]): Promise<Floors> {
    const [readers, lasts] = await Promise.all([
      this.readers(),
      Promise.all(wanted.map(([subject]) => this.lastOf(subject))),
    ]);
    const floors = wanted.map(([subject, floor], place): [string, number] => {
      const needed = readers.filter(({ reads }) => reads(subject)).map(({ needsFrom }) => needsFrom);
      return [subject, Math.min(floor, lasts[place] ?? 0, ...needed)];
    });
    return new Map(floors.filter(([subject, from]) => from > this.removedBefore(subject)));
  }

  private async announce(floors: Floors): Promise<void> {
    for (;;) {
      const { floors: before, revision } = await this.floors();
      if ([...floors].every(([subject, from]) => from <= (before.get(subject) ?? 0))) return;
      const merged = new Map(before);
      for (const [subject, from] of floors) merged.set(subject, Math.max(from, before.get(subject) ?? 0));
      try {
        const value = new TextEncoder().encode(JSON.stringify(Object.fromEntries(merged)));
        await this.announced.put(KEY, value, revision);
        return;
      } catch (error) {
        if (!(error instanceof KvConflict)) throw error;
      }
    }
  }

  private async floors(): Promise<{ floors: Floors; revision: number }> {
    try {
      const entry = await this.announced.get(KEY);
      if (!entry)
        throw new KvLost(this.bucket, 'it does not say where the log begins, though the log was trimmed');
      const floors = JSON.parse(new TextDecoder().decode(entry.value)) as Record<string, number>;
      return { floors: new Map(Object.entries(floors)), revision: entry.revision };
    } catch (error) {
      if (error instanceof KvLost) return { floors: await this.unannounced(error), revision: 0 };
      // What is told to whoever asks again is what the server said.
      throw error instanceof KvUnavailable ? toError(error.cause) : error;
    }
  }

  /**
   * Nothing was ever announced, or the bucket was deleted by somebody, perhaps made anew since: only a log that was never trimmed can
   * be trusted then.
   */
  private async unannounced(lost: KvLost): Promise<Floors> {
    const { state } = await this.ask<{ state: { num_deleted?: number; first_seq: number } }>(
      `STREAM.INFO.${this.stream}`,
    );
    if ((state.num_deleted ?? 0) > 0 || state.first_seq > 1) throw lost;
    return new Map();
  }

  /**
   * Who follows the log or works on a queue now, and what each has not been given, or not settled. Throws when the server does not
   * tell of all of them: what one of them needs would be removed.
   */
  private async readers(): Promise<{ reads: (subject: string) => boolean; needsFrom: number }[]> {
    const found: ConsumerInfo[] = [];
    for (let total = Infinity; found.length < total;) {
      const page = await this.ask<ConsumerPage>(`CONSUMER.LIST.${this.stream}`, { offset: found.length });
      const { consumers = [], missing = [] } = page;
      total = page.total;
      found.push(...consumers);
      if (missing.length > 0 || (consumers.length === 0 && found.length < total))
        throw new ReadersUnknown(found.length, total, missing);
    }
    return found.map(({ config, ack_floor, delivered }) => ({
      reads: subjectMatcher(config.filter_subject ?? '>'),
      needsFrom: (config.ack_policy === 'none' ? delivered : ack_floor).stream_seq + 1,
    }));
  }

  private async lastOf(subject: string): Promise<number> {
    try {
      const { message } = await this.ask<{ message: { seq: number } }>(`STREAM.MSG.GET.${this.stream}`, {
        last_by_subj: subject,
      });
      return message.seq;
    } catch (error) {
      if (error instanceof JetStreamRefused && error.code === NO_MESSAGE_FOUND) return 0;
      throw error;
    }
  }

  private ask<T extends object>(verb: string, payload?: object): Promise<T> {
    return patiently(() => askJetStream<T>(this.link, verb, payload));
  }
}
