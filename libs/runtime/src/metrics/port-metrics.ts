import { countRecords } from '@faultline/contracts';
import {
  type Appended,
  AppendRefused,
  type ClockPort,
  type DeadLetter,
  type DeadLetterPort,
  type LanePort,
  LaneRejected,
  type LogAppend,
  LogFull,
  type LogMessage,
  type LogPort,
  type Running,
  type WorkMessage,
  type Working,
  type WorkPort,
} from '@faultline/hosting';
import { SECONDS_BOUNDS, SIZE_BOUNDS } from './catalogue';
import { type Count, countFamily, type Family, type Slots, slotFamily } from './families';

/** The ports that are counted at. */
export interface CountedPorts {
  log: LogPort;
  lanes: LanePort;
  work: WorkPort;
  clock: ClockPort;
  deadLetters: DeadLetterPort;
}

/** Counts and times what a process sends and is given. One for the process: its laboratories come and go. */
export class PortMetrics {
  readonly appends = countFamily('faultline_log_appends_total');
  readonly appendSeconds = slotFamily('faultline_log_append_seconds', SECONDS_BOUNDS);
  readonly appendEvents = slotFamily('faultline_log_append_events', SIZE_BOUNDS);
  readonly appendBytes = countFamily('faultline_log_append_bytes_total');
  readonly requests = countFamily('faultline_lane_requests_total');
  readonly requestSeconds = slotFamily('faultline_lane_request_seconds', SECONDS_BOUNDS);
  readonly requestRecords = slotFamily('faultline_lane_records', SIZE_BOUNDS);
  readonly deliveries = countFamily('faultline_work_deliveries_total');
  readonly settled = countFamily('faultline_work_settled_total');
  readonly groups = slotFamily('faultline_work_groups', SIZE_BOUNDS);
  readonly deadLetters = countFamily('faultline_dead_letters_total');
  readonly queueRepairs = countFamily('faultline_queue_repairs_total');

  get families(): readonly (Family<Count> | Family<Slots>)[] {
    return [
      ...[this.deliveries, this.settled, this.groups],
      ...[this.appends, this.appendSeconds, this.appendEvents, this.appendBytes],
      ...[this.requests, this.requestSeconds, this.requestRecords],
      ...[this.deadLetters, this.queueRepairs],
    ];
  }

  /** The consumer of a queue was made anew. */
  queueRepaired(): void {
    this.queueRepairs.of().value += 1;
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

class CountedLog implements LogPort {
  constructor(
    private readonly log: LogPort,
    private readonly metrics: PortMetrics,
    private readonly clock: ClockPort,
  ) {}

  append(message: LogAppend): Promise<Appended> {
    const { metrics, clock } = this;
    const { schema } = message.headers;
    const events = countRecords(message.body);
    const bytes = message.body.length;
    const sent = clock.nowMicros();
    return this.log.append(message).then(
      (appended) => {
        metrics.appends.of(schema, appended.duplicate ? 'duplicate' : 'stored').value += 1;
        metrics.appendSeconds.of(schema).record((clock.nowMicros() - sent) / 1e6);
        metrics.appendEvents.of(schema).record(events);
        metrics.appendBytes.of(schema).value += bytes;
        return appended;
      },
      (error: unknown) => {
        metrics.appends.of(schema, failureOf(error)).value += 1;
        throw error;
      },
    );
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

function failureOf(error: unknown): string {
  if (error instanceof AppendRefused) return 'refused';
  return error instanceof LogFull ? 'full' : 'unavailable';
}

class CountedLanes implements LanePort {
  private readonly lanesBySubject = new Map<string, string>();

  constructor(
    private readonly lanes: LanePort,
    private readonly metrics: PortMetrics,
    private readonly clock: ClockPort,
  ) {}

  request(subject: string, body: Uint8Array, timeoutMillis: number): Promise<Uint8Array> {
    const { metrics, clock } = this;
    const lane = this.laneOf(subject);
    metrics.requestRecords.of(lane).record(countRecords(body));
    const sent = clock.nowMicros();
    return this.lanes.request(subject, body, timeoutMillis).then(
      (reply) => {
        metrics.requests.of(lane, 'answered').value += 1;
        metrics.requestSeconds.of(lane).record((clock.nowMicros() - sent) / 1e6);
        return reply;
      },
      (error: unknown) => {
        metrics.requests.of(lane, error instanceof LaneRejected ? 'rejected' : 'unavailable').value += 1;
        throw error;
      },
    );
  }

  serve(...how: Parameters<LanePort['serve']>): Promise<Running> {
    return this.lanes.serve(...how);
  }

  private laneOf(subject: string): string {
    let lane = this.lanesBySubject.get(subject);
    if (lane === undefined) this.lanesBySubject.set(subject, (lane = laneOf(subject)));
    return lane;
  }
}

/** `iommu.translate` of `<lab>.cmd.iommu.0.translate`: which unit is asked does not matter here. */
export function laneOf(subject: string): string {
  const [, , kind = '', , verb = ''] = subject.split('.');
  return `${kind}.${verb}`;
}

class CountedWork implements WorkPort {
  constructor(
    private readonly port: WorkPort,
    private readonly metrics: PortMetrics,
  ) {}

  work(options: Parameters<WorkPort['work']>[0]): Promise<Working> {
    const { queue, onWork } = options;
    const { metrics } = this;
    return this.port.work({
      ...options,
      onWork: (message) => {
        metrics.deliveries.of(queue, message.deliveries > 1 ? 'again' : 'first').value += 1;
        metrics.groups.of(queue).record(countRecords(message.body));
        onWork(new CountedWorkMessage(message, queue, metrics));
      },
    });
  }
}

class CountedWorkMessage implements WorkMessage {
  readonly subject = this.message.subject;
  readonly sequence = this.message.sequence;
  readonly headers = this.message.headers;
  readonly id = this.message.id;
  readonly body = this.message.body;
  readonly records = this.message.records;
  readonly deliveries = this.message.deliveries;

  constructor(
    private readonly message: WorkMessage,
    private readonly queue: string,
    private readonly metrics: PortMetrics,
  ) {}

  ack(): void {
    this.count('ack');
    this.message.ack();
  }

  extend(): void {
    this.message.extend();
  }

  retry(delayMillis: number): void {
    this.count('retry');
    this.message.retry(delayMillis);
  }

  terminate(reason: string): void {
    this.count('terminate');
    this.message.terminate(reason);
  }

  private count(how: string): void {
    this.metrics.settled.of(this.queue, how).value += 1;
  }
}

class CountedLetters implements DeadLetterPort {
  constructor(
    private readonly letters: DeadLetterPort,
    private readonly metrics: PortMetrics,
  ) {}

  bury(letter: DeadLetter): Promise<void> {
    this.metrics.deadLetters.of().value += 1;
    return this.letters.bury(letter);
  }
}
