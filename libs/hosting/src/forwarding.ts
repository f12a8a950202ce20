import type { BatchHeaders } from '@faultline/contracts';
import type { Appended, LogAppend, LogMessage, LogPort, Running, WorkMessage } from './ports';

/** A log that passes on whatever it is asked: who stands in front of one says only what he does otherwise. */
export class ForwardingLog<Log extends LogPort = LogPort> implements LogPort {
  constructor(protected readonly log: Log) {}

  append(message: LogAppend): Promise<Appended> {
    return this.log.append(message);
  }

  follow(options: Parameters<LogPort['follow']>[0]): Promise<Running> {
    return this.log.follow(options);
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return this.log.last(subject);
  }

  fill(): Promise<number> {
    return this.log.fill();
  }

  lastSequence(): Promise<number> {
    return this.log.lastSequence();
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    return this.log.trim(floors);
  }
}

/** A message of a queue that passes on what its worker says of it. */
export class ForwardingWorkMessage implements WorkMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly headers: BatchHeaders;
  readonly id: string;
  readonly body: Uint8Array;
  readonly records: readonly unknown[] | undefined;
  readonly deliveries: number;

  constructor(protected readonly message: WorkMessage) {
    this.subject = message.subject;
    this.sequence = message.sequence;
    this.headers = message.headers;
    this.id = message.id;
    this.body = message.body;
    this.records = message.records;
    this.deliveries = message.deliveries;
  }

  ack(): void {
    this.message.ack();
  }

  extend(): void {
    this.message.extend();
  }

  retry(delayMillis: number): void {
    this.message.retry(delayMillis);
  }

  terminate(reason: string): void {
    this.message.terminate(reason);
  }
}
