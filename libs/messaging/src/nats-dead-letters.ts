import { subjectsOf, type Subjects } from '@faultline/contracts';
import { type DeadLetter, type DeadLetterPort, toError } from '@faultline/hosting';
import type { ApiError } from 'nats';
import { encodeHeaders } from './batch-headers';
import type { NatsLink } from './connection';

export interface NatsDeadLettersOptions {
  lab: string;
  /** How long to wait for the store, in milliseconds; default 5000. */
  timeoutMillis?: number;
  /** Called for each letter that could not be stored, so that it can be logged. */
  onLost?(letter: DeadLetter, error: Error): void;
}

const TEXT_LIMIT = 500;
/** Room for headers in a message as large as the server takes. */
const HEADER_ROOM = 4_096;

/** Dead letters in their own bounded stream, which forgets the oldest. */
export class NatsDeadLetters implements DeadLetterPort {
  /** Letters stored. */
  buried = 0;
  /** Letters that could not be stored. */
  lost = 0;
  private readonly subjects: Subjects;

  constructor(
    private readonly link: NatsLink,
    private readonly options: NatsDeadLettersOptions,
  ) {
    this.subjects = subjectsOf(options.lab);
  }

  async bury(letter: DeadLetter): Promise<void> {
    try {
      await this.store(letter);
      this.buried++;
    } catch (error) {
      this.lost++;
      this.options.onLost?.(letter, toError(error));
    }
  }

  private async store(letter: DeadLetter): Promise<void> {
    const room = (this.link.nc.info?.max_payload ?? 1_048_576) - HEADER_ROOM;
    const headers = encodeHeaders([
      ['Fl-From', headerText(letter.subject)],
      ['Fl-Unit', headerText(letter.unit)],
      ['Fl-Reason', headerText(letter.reason)],
      ['Fl-Length', letter.body.length],
      ...(letter.sequence === undefined ? [] : [['Fl-Sequence', letter.sequence] as const]),
    ]);
    const unit = letter.unit.replace(/[^A-Za-z0-9_-]+/g, '.').replace(/^\.+|\.+$/g, '') || 'unknown';
    const reply = await this.link.requests.send(
      this.subjects.dead(unit),
      letter.body.subarray(0, room),
      this.options.timeoutMillis ?? 5_000,
      headers,
    );
    const { error } = reply.json<{ error?: ApiError }>();
    if (error) throw new Error(error.description);
  }
}

/** A header is one line of plain text; what is not is escaped so that nothing of a reason is lost. */
export function headerText(text: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.slice(0, TEXT_LIMIT).replace(/[^\x20-\x7e]/g, escape);
}
