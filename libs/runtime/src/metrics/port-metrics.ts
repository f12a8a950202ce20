import { countRecords } from '@faultline/contracts';
import {
  type Appended,
  AppendRefused,
  type ClockPort,
  type DeadLetter,
  type DeadLetterPort,
  ForwardingLog,
  ForwardingWorkMessage,
  type LaneContext,
  type LanePort,
  LaneRejected,
  type LogAppend,
  LogFull,
  type LogPort,
  type Running,
  type WorkMessage,
  type Working,
  type WorkPort,
} from '@faultline/hosting';
import { laneOf } from '../lane-name';
import {
  byValue,
  type Count,
  countFamily,
  type Family,
  secondsFamily,
  sizeFamily,
  type Slots,
} from './families';

/** The ports that are counted at. */
export interface CountedPorts {
  log: LogPort;
  lanes: LanePort;
  work: WorkPort;
  clock: ClockPort;
  deadLetters: DeadLetterPort;
}

/** What may become of an append, of a request, and of a work message. */
const APPEND_RESULTS = ['stored', 'duplicate', 'refused', 'full', 'unavailable'] as const;
const REQUEST_RESULTS = ['answered', 'rejected', 'unavailable'] as const;
const DELIVERIES = ['first', 'again'] as const;
const SETTLEMENTS = ['ack', 'retry', 'terminate'] as const;

/** Counts and times what a process sends and is given. One for the process: its laboratories come and go. */
export class PortMetrics {
  private readonly appends = countFamily('faultline_log_appends_total');
  private readonly appendSeconds = secondsFamily('faultline_log_append_seconds');
  private readonly appendEvents = sizeFamily('faultline_log_append_events');
  private readonly appendBytes = countFamily('faultline_log_append_bytes_total');
  private readonly requests = countFamily('faultline_lane_requests_total');
  private readonly requestSeconds = secondsFamily('faultline_lane_request_seconds');
  private readonly requestRecords = sizeFamily('faultline_lane_records');
  private readonly deliveries = countFamily('faultline_work_deliveries_total');
  private readonly settled = countFamily('faultline_work_settled_total');
  private readonly groups = sizeFamily('faultline_work_groups');
  private readonly deadLetters = countFamily('faultline_dead_letters_total');
  private readonly queueRepairs = countFamily('faultline_queue_repairs_total');

  private readonly letters = this.deadLetters.of();
  private readonly repairs = this.queueRepairs.of();

  /** What is counted of the appends of one schema, of the requests on one lane, and of the work of one queue. */
  readonly schema = byValue((schema) => ({
    appends: this.appends.each(APPEND_RESULTS, schema),
    micros: this.appendSeconds.of(schema),
    events: this.appendEvents.of(schema),
    bytes: this.appendBytes.of(schema),
  }));
  readonly lane = byValue((subject) => {
    const lane = laneOf(subject);
    return {
      requests: this.requests.each(REQUEST_RESULTS, lane),
      micros: this.requestSeconds.of(lane),
      records: this.requestRecords.of(lane),
    };
  });
  readonly queue = byValue((queue) => ({
    deliveries: this.deliveries.each(DELIVERIES, queue),
    settled: this.settled.each(SETTLEMENTS, queue),
    groups: this.groups.of(queue),
  }));

  get families(): readonly (Family<Count> | Family<Slots>)[] {
    return [
      ...[this.deliveries, this.settled, this.groups],
      ...[this.appends, this.appendSeconds, this.appendEvents, this.appendBytes],
      ...[this.requests, this.requestSeconds, this.requestRecords],
      ...[this.deadLetters, this.queueRepairs],
    ];
  }

  /** A message was put to the dead letters. */
  buried(): void {
    this.letters.value += 1;
  }

  /** The consumer of a queue was made anew. */
  queueRepaired(): void {
    this.repairs.value += 1;
  }

  /** The same ports, counted. */
  around<Ports extends CountedPorts>(ports: Ports): Ports {
    const { log, lanes, work, deadLetters, clock } = ports;
    return {
      ...ports,
      log: new CountedLog(log, this, clock),
      lanes: new CountedLanes(lanes, this, clock),
      work: new CountedWork(work, this),
      deadLetters: new CountedLetters(deadLetters, this),
    };
  }
}

class CountedLog extends ForwardingLog {
  constructor(
    log: LogPort,
    private readonly metrics: PortMetrics,
    private readonly clock: ClockPort,
  ) {
    super(log);
  }

  override append(message: LogAppend): Promise<Appended> {
    const { clock } = this;
    const counted = this.metrics.schema(message.headers.schema);
    // The writer may use the buffer for something else when it is written.
    const events = countRecords(message.body);
    const bytes = message.body.length;
    const sentAtMicros = clock.nowMicros();
    return this.log.append(message).then(
      (appended) => {
        counted.appends[appended.duplicate ? 'duplicate' : 'stored'].value += 1;
        counted.micros.record(clock.nowMicros() - sentAtMicros);
        counted.events.record(events);
        counted.bytes.value += bytes;
        return appended;
      },
      (error: unknown) => {
        counted.appends[failureOf(error)].value += 1;
        throw error;
      },
    );
  }
}

function failureOf(error: unknown): 'refused' | 'full' | 'unavailable' {
  if (error instanceof AppendRefused) return 'refused';
  return error instanceof LogFull ? 'full' : 'unavailable';
}

class CountedLanes implements LanePort {
  constructor(
    private readonly lanes: LanePort,
    private readonly metrics: PortMetrics,
    private readonly clock: ClockPort,
  ) {}

  request(
    subject: string,
    body: Uint8Array,
    timeoutMillis: number,
    context?: LaneContext,
  ): Promise<Uint8Array> {
    const { clock } = this;
    const counted = this.metrics.lane(subject);
    counted.records.record(countRecords(body));
    const sentAtMicros = clock.nowMicros();
    return this.lanes.request(subject, body, timeoutMillis, context).then(
      (reply) => {
        counted.requests.answered.value += 1;
        counted.micros.record(clock.nowMicros() - sentAtMicros);
        return reply;
      },
      (error: unknown) => {
        counted.requests[error instanceof LaneRejected ? 'rejected' : 'unavailable'].value += 1;
        throw error;
      },
    );
  }

  serve(...how: Parameters<LanePort['serve']>): Promise<Running> {
    return this.lanes.serve(...how);
  }
}

class CountedWork implements WorkPort {
  constructor(
    private readonly port: WorkPort,
    private readonly metrics: PortMetrics,
  ) {}

  work(options: Parameters<WorkPort['work']>[0]): Promise<Working> {
    const { onWork } = options;
    const counted = this.metrics.queue(options.queue);
    return this.port.work({
      ...options,
      onWork: (message) => {
        counted.deliveries[message.deliveries > 1 ? 'again' : 'first'].value += 1;
        counted.groups.record(countRecords(message.body));
        onWork(new CountedWorkMessage(message, counted.settled));
      },
    });
  }
}

class CountedWorkMessage extends ForwardingWorkMessage {
  constructor(
    message: WorkMessage,
    private readonly settled: Readonly<Record<(typeof SETTLEMENTS)[number], Count>>,
  ) {
    super(message);
  }

  override ack(): void {
    this.settled.ack.value += 1;
    super.ack();
  }

  override retry(delayMillis: number): void {
    this.settled.retry.value += 1;
    super.retry(delayMillis);
  }

  override terminate(reason: string): void {
    this.settled.terminate.value += 1;
    super.terminate(reason);
  }
}

class CountedLetters implements DeadLetterPort {
  constructor(
    private readonly letters: DeadLetterPort,
    private readonly metrics: PortMetrics,
  ) {}

  bury(letter: DeadLetter): Promise<void> {
    this.metrics.buried();
    return this.letters.bury(letter);
  }
}
