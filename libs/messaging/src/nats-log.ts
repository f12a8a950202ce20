import { logStream } from '@faultline/contracts';
import {
  LogReadFailed,
  type Appended,
  type LogAppend,
  type LogMessage,
  type LogPort,
  type Running,
  toError,
} from '@faultline/hosting';
import type { ApiError, Msg } from 'nats';
import { encodeAppendHeaders, parseHeaders } from './batch-headers';
import type { NatsLink } from './connection';
import { toLogMessage } from './delivery';
import { askJetStream, JetStreamRefused, NO_MESSAGE_FOUND } from './jetstream-api';
import { LogFollower } from './log-follower';
import { LogTrimming } from './log-trimming';
import { fromApiError, fromSendError } from './log-errors';
import { patiently } from './patience';

export interface NatsLogOptions {
  lab: string;
  /** How long an append waits for its acknowledgement, in milliseconds; default 5000. */
  appendTimeoutMillis?: number;
}

interface PublishAnswer {
  seq?: number;
  duplicate?: boolean;
  error?: ApiError;
}

/** The log on JetStream: the stream `provision` made. */
export class NatsLog implements LogPort {
  private readonly stream: string;
  private readonly timeoutMillis: number;
  private readonly trimming: LogTrimming;

  constructor(
    private readonly link: NatsLink,
    options: NatsLogOptions,
  ) {
    this.stream = logStream(options.lab);
    this.timeoutMillis = options.appendTimeoutMillis ?? 5_000;
    this.trimming = new LogTrimming(link, options.lab);
  }

  /** As {@link LogPort.append}; also rejects with `AppendImpossible` for a message no server would take. */
  async append(append: LogAppend): Promise<Appended> {
    let reply: Msg;
    try {
      reply = await this.link.requests.send(
        append.subject,
        append.body,
        this.timeoutMillis,
        encodeAppendHeaders(append),
      );
    } catch (error) {
      throw fromSendError(append, error);
    }
    const answer = reply.json<PublishAnswer>();
    if (answer.error) throw fromApiError(append, answer.error);
    return { sequence: answer.seq ?? 0, duplicate: answer.duplicate === true };
  }

  follow(options: Parameters<LogPort['follow']>[0]): Promise<Running> {
    return LogFollower.start(this.link, this.stream, {
      ...options,
      check: (next) => this.trimming.check(options.subject, next),
      onMessage: (message, { sequence }) => options.onMessage(toLogMessage(message, sequence)),
    });
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    try {
      // The stream's leader answers this; direct reads may be answered by a replica that is behind, which fencing cannot bear.
      const verb = `STREAM.MSG.GET.${this.stream}`;
      const ask = (): Promise<StoredAnswer> => askJetStream(this.link, verb, { last_by_subj: subject });
      return fromStored((await patiently(ask)).message);
    } catch (error) {
      if (error instanceof JetStreamRefused && error.code === NO_MESSAGE_FOUND) return undefined;
      throw new LogReadFailed(subject, toError(error).message, { cause: error });
    }
  }

  async fill(): Promise<number> {
    const { config, state } = await this.info();
    return config.max_bytes > 0 ? state.bytes / config.max_bytes : 0;
  }

  async lastSequence(): Promise<number> {
    return (await this.info()).state.last_seq;
  }

  async trim(floors: ReadonlyMap<string, number>): Promise<void> {
    try {
      await this.trimming.trim(floors);
    } catch (error) {
      throw new LogReadFailed(this.stream, toError(error).message, { cause: error });
    }
  }

  private async info(): Promise<StreamAnswer> {
    try {
      return await askJetStream<StreamAnswer>(this.link, `STREAM.INFO.${this.stream}`);
    } catch (error) {
      throw new LogReadFailed(this.stream, toError(error).message, { cause: error });
    }
  }
}

/** The parts of a stream's description that are read here. */
interface StreamAnswer {
  config: { max_bytes: number };
  state: { bytes: number; last_seq: number };
}

/** A message as the JetStream API gives it: headers and body in base64, absent when empty. */
interface StoredAnswer {
  message: { subject: string; seq: number; hdrs?: string; data?: string };
}

function fromStored(stored: StoredAnswer['message']): LogMessage {
  const { headers, id } = parseHeaders(Buffer.from(stored.hdrs ?? '', 'base64').toString('utf8'));
  return {
    subject: stored.subject,
    sequence: stored.seq,
    headers,
    id,
    body: Buffer.from(stored.data ?? '', 'base64'),
  };
}
