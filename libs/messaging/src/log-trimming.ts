import { logStream, snapshotIndexBucket } from '@faultline/contracts';
import { KvConflict, KvLost, KvUnavailable, LogTrimmed, subjectMatcher, toError } from '@faultline/hosting';
import type { ConsumerInfo } from 'nats';
import type { NatsLink } from './connection';
import { askJetStream, JetStreamRefused } from './jetstream-api';
import { NatsKv } from './nats-kv';
import { patiently } from './patience';

const KEY = 'log.held-from';
const NO_MESSAGE_FOUND = 10037;

/** By subject, where what the log holds of it begins. */
type Floors = Map<string, number>;

/**
 * Trims a log, and tells readers what was trimmed. JetStream gives a reader that asks for removed messages the next ones, without a
 * word; so where the log begins is announced in a bucket before anything is removed, and a reader looks there after the server has
 * registered it: either it finds the announcement, or whoever trims finds the reader.
 */
export class LogTrimming {
  private readonly stream: string;
  private readonly announced: NatsKv;

  constructor(
    private readonly link: NatsLink,
    lab: string,
  ) {
    this.stream = logStream(lab);
    this.announced = new NatsKv(link, snapshotIndexBucket(lab));
  }

  /** Throws `LogTrimmed` when something on the subject at or behind the sequence was removed, or is about to be. */
  async check(subject: string, fromSequence: number): Promise<void> {
    const matches = subjectMatcher(subject);
    for (const [each, heldFrom] of (await this.floors()).floors)
      if (heldFrom > fromSequence && matches(each)) throw new LogTrimmed(subject, fromSequence, heldFrom);
  }

  /** See `LogPort.trim`. */
  async trim(wanted: ReadonlyMap<string, number>): Promise<void> {
    const possible = await this.possible(wanted);
    if (possible.size === 0) return;
    await this.announce(possible);
    // Who came meanwhile may not have seen the announcement, and is one of the readers now.
    for (const [subject, seq] of await this.possible(possible))
      await this.ask(`STREAM.PURGE.${this.stream}`, { filter: subject, seq });
  }

  /** What of it no reader needs any more, and is no subject's last message. */
  private async possible(wanted: ReadonlyMap<string, number>): Promise<Floors> {
    const readers = await this.readers();
    const possible: Floors = new Map();
    for (const [subject, floor] of wanted) {
      const last = await this.lastOf(subject);
      const needed = readers.filter(({ reads }) => reads(subject)).map(({ needsFrom }) => needsFrom);
      const from = Math.min(floor, last, ...needed);
      if (from > 1) possible.set(subject, from);
    }
    return possible;
  }

  private async announce(floors: Floors): Promise<void> {
    for (;;) {
      const { floors: before, revision } = await this.floors();
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
      if (!entry) return { floors: new Map(), revision: 0 };
      const floors = JSON.parse(new TextDecoder().decode(entry.value)) as Record<string, number>;
      return { floors: new Map(Object.entries(floors)), revision: entry.revision };
    } catch (error) {
      if (error instanceof KvLost) return { floors: await this.unannounced(error), revision: 0 };
      // What is told to whoever asks again is what the server said.
      throw error instanceof KvUnavailable ? toError(error.cause) : error;
    }
  }

  /** The bucket was never made, or deleted by somebody: then only a log that was never trimmed can be trusted. */
  private async unannounced(lost: KvLost): Promise<Floors> {
    const { state } = await this.ask<{ state: { num_deleted?: number; first_seq: number } }>(
      `STREAM.INFO.${this.stream}`,
    );
    if ((state.num_deleted ?? 0) > 0 || state.first_seq > 1) throw lost;
    return new Map();
  }

  /** Who follows the log or works on a queue now, and what each has not been given, or not settled. */
  private async readers(): Promise<{ reads: (subject: string) => boolean; needsFrom: number }[]> {
    const found: ConsumerInfo[] = [];
    for (;;) {
      const page = await this.ask<{ total: number; consumers?: ConsumerInfo[] }>(
        `CONSUMER.LIST.${this.stream}`,
        { offset: found.length },
      );
      found.push(...(page.consumers ?? []));
      if (found.length >= page.total || !page.consumers?.length) break;
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
