import { deadStream, subjectsOf } from '@faultline/contracts';
import type { DeadLetter } from '@faultline/hosting';
import { consumerOpts, type ApiError, type JetStreamManager, type MsgHdrs } from 'nats';
import { encodeHeaders } from './batch-headers';
import type { NatsLink } from './connection';
import { findStream } from './ensure';
import { headerText } from './nats-dead-letters';

/** A dead letter as it is kept. */
export interface KeptLetter extends DeadLetter {
  /** Its number among the dead letters of the laboratory. */
  letter: number;
  atMillis: number;
  /** Bytes of the message it was; `body` may hold less of it, and nothing where only headers were read. */
  length: number;
  /** What came of the last replay, and when; absent when there was none. */
  replayed?: { atMillis: number; outcome: string };
}

const TIMEOUT_MILLIS = 5_000;

/** The dead letters of a laboratory, for whoever looks after them. */
export class DeadLetterShelf {
  constructor(
    private readonly link: NatsLink,
    private readonly jsm: JetStreamManager,
    private readonly lab: string,
  ) {}

  /** Whether the laboratory keeps dead letters on this server at all. */
  async exists(): Promise<boolean> {
    return (await findStream(this.jsm, deadStream(this.lab))) !== undefined;
  }

  /** Every letter in its order, without the bodies. */
  async list(): Promise<KeptLetter[]> {
    const { state } = await this.jsm.streams.info(deadStream(this.lab));
    const letters = new Map<number, KeptLetter>();
    if (state.messages === 0) return [];
    const options = consumerOpts().orderedConsumer().headersOnly().bindStream(deadStream(this.lab));
    const reading = await this.link.nc.jetstream().subscribe(subjectsOf(this.lab).allDead, options);
    try {
      for await (const message of reading) {
        const { streamSequence, timestampNanos, pending } = message.info;
        const atMillis = Math.floor(timestampNanos / 1e6);
        this.read(letters, message.headers, streamSequence, atMillis, new Uint8Array(0));
        if (pending === 0) break;
      }
    } finally {
      reading.unsubscribe();
    }
    return [...letters.values()];
  }

  /** One letter with its body, or `undefined` when there is none of that number. */
  async get(letter: number): Promise<KeptLetter | undefined> {
    const known = (await this.list()).find((each) => each.letter === letter);
    if (!known) return undefined;
    const { data } = await this.jsm.streams.getMessage(deadStream(this.lab), { seq: letter });
    return { ...known, body: data };
  }

  /** Notes beside the letters that this one was replayed. Rejects when the note could not be kept. */
  async noteReplay(letter: number, outcome: string): Promise<void> {
    const headers = encodeHeaders([
      ['Fl-Letter', letter],
      ['Fl-Outcome', headerText(outcome)],
    ]);
    const subject = subjectsOf(this.lab).replayed(letter);
    const reply = await this.link.requests.send(subject, new Uint8Array(0), TIMEOUT_MILLIS, headers);
    const { error } = reply.json<{ error?: ApiError }>();
    if (error) throw new Error(error.description);
  }

  private read(
    letters: Map<number, KeptLetter>,
    headers: MsgHdrs | undefined,
    letter: number,
    atMillis: number,
    body: Uint8Array,
  ): void {
    const field = (name: string): string => headers?.get(name) ?? '';
    const outcome = field('Fl-Outcome');
    if (outcome !== '') {
      const known = letters.get(Number(field('Fl-Letter')));
      if (known) known.replayed = { atMillis, outcome };
      return;
    }
    const sequence = field('Fl-Sequence');
    letters.set(letter, {
      letter,
      atMillis,
      subject: field('Fl-From'),
      unit: field('Fl-Unit'),
      reason: field('Fl-Reason'),
      length: Number(field('Fl-Length')),
      sequence: sequence === '' ? undefined : Number(sequence),
      body,
    });
  }
}
