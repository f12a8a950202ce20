import { type ScenarioTotals, totalsOf } from '@faultline/audit';
import {
  type EventLogStatus,
  queuesOfScenario,
  readersOfLog,
  type ResolvedScenario,
} from '@faultline/contracts';
import { Projections, RecordReader, RecordWriter, type RunSummary, summarise } from '@faultline/record';
import {
  ConfigError,
  queueReadings,
  type Reading,
  recordReadings,
  ServicePorts,
  UnitService,
} from '@faultline/runtime';
import { SnapshotIndex } from '@faultline/units';
import { Injectable } from '@nestjs/common';
import { FailingWriter } from './failing-writer';
import { HeadDiffers, HeadPublisher } from './head-publisher';
import { LogTrimmer } from './log-trimmer';
import { RecordIntake } from './record-intake';

/** What `status` tells: how far the record is, and how large. */
export interface RecordStatus extends EventLogStatus {
  /** Messages in the record, and bytes of their bodies. */
  rows: number;
  bytes: number;
  /** How often the disk could not follow and the reading of the log was paused. */
  pauses: number;
}

/** How long a run that ends waits until the head of its record is out, in microseconds. Without it the record is only less well guarded. */
const PUBLISH_PATIENCE_MICROS = 10_000_000;

/** A question came before the record was opened. */
export class RecordNotOpen extends Error {
  constructor() {
    super('the record is not open yet: this service has not seen the scenario of the run');
    this.name = 'RecordNotOpen';
  }
}

/** The audit record of a laboratory: everything that stands in the log, on disk, in order. */
@Injectable()
export class EventLogService extends UnitService {
  private writer: RecordWriter | undefined;
  private reader: RecordReader | undefined;
  private intake: RecordIntake | undefined;
  private publisher: HeadPublisher | undefined;
  private trimmer: LogTrimmer | undefined;
  private totals: ScenarioTotals | undefined;
  private scenario: ResolvedScenario | undefined;
  private projections: Projections | undefined;
  private following: Promise<void> | undefined;
  private readonly leaving = new AbortController();
  private finishing: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    const { log, clock, subjects, logger, heads, failpoints, config } = this.ports;
    this.totals = totalsOf(scenario);
    this.scenario = scenario;
    const writer = await RecordWriter.open(this.directory(), config.tracing?.ratio);
    this.writer = writer;
    const reader = await RecordReader.open(this.directory());
    this.reader = reader;
    const publisher = new HeadPublisher({
      heads,
      clock,
      hashAt: (position) => reader.hashAt(position),
      position: () => writer.position,
      onDelay: (error, retryMicros) =>
        logger.warn(
          { retryMicros, err: error },
          'the head of the record could not be published; trying again',
        ),
      onFailure: (error) => this.ports.fail(error),
    });
    await publisher.begin();
    this.publisher = publisher;
    this.intake = new RecordIntake({
      log,
      writer: failpoints ? new FailingWriter(writer, failpoints, config.lab) : writer,
      clock,
      subject: subjects.allLog,
      onDelay: (error, retryMicros) => logger.error({ retryMicros }, `${error.message}; trying again`),
      onFailure: (error) => this.ports.fail(error),
      onRecorded: () => publisher.recorded(),
      tracer: this.ports.tracer,
    });
    await this.intake.start();
    this.trimmer = this.trimmerOf(scenario, writer);
    this.trimmer.start();
    logger.info({ path: writer.path, position: writer.position }, 'recording');
    return ['event-log'];
  }

  async stop(): Promise<void> {
    this.leaving.abort();
    try {
      await this.intake?.stop();
      await this.finishing;
      await this.publishLast(0);
    } finally {
      await this.close();
    }
  }

  /** Nothing that was read is lost with it: the log has it, and whoever records next begins where the file ends. */
  override async abandon(): Promise<void> {
    this.leaving.abort();
    try {
      await this.intake?.stop();
      await this.following?.catch(() => undefined);
    } finally {
      await this.close();
    }
  }

  /** The writer goes last, so that it leaves one whole file. */
  private async close(): Promise<void> {
    try {
      await this.trimmer?.stop();
      await this.publisher?.stop();
      await this.projections?.close();
      await this.reader?.close();
    } finally {
      await this.writer?.close();
    }
  }

  private trimmerOf(scenario: ResolvedScenario, writer: RecordWriter): LogTrimmer {
    const { log, clock, subjects, logger, snapshotIndex, config } = this.ports;
    return new LogTrimmer({
      log,
      clock,
      snapshots: new SnapshotIndex(snapshotIndex),
      readers: readersOfLog(scenario, subjects),
      recorded: () => writer.flush(),
      above: config.trimAbove,
      onTrimmed: (trimmed) => logger.info(trimmed, 'log trimmed'),
      onHeld: (held) => logger.warn({ ...held }, 'the log fills up: what stands behind this is still needed'),
      onDelay: (error) => logger.warn({ err: error }, 'the log could not be trimmed; trying again'),
    });
  }

  override async readings(): Promise<Reading[]> {
    const { intake, scenario } = this;
    if (!intake || !scenario) return [];
    const queues = queuesOfScenario(scenario);
    const [status, depths] = await Promise.all([this.status(), this.ports.queueDepths(queues)]);
    return [...recordReadings(status), ...queueReadings(depths)];
  }

  async status(): Promise<RecordStatus> {
    const { intake, writer } = this.open();
    const last = await this.ports.log.lastSequence();
    const { position } = intake;
    return {
      position,
      lag: Math.max(0, last - position),
      rows: writer.rows,
      bytes: writer.bytes,
      pauses: intake.pauses,
    };
  }

  /** Waits until the log is recorded up to the sequence, builds the projections, and says what the run amounts to. */
  async finish(upToSequence: number): Promise<RunSummary> {
    const { intake } = this.open();
    await intake.recorded(upToSequence);
    await this.publishLast(PUBLISH_PATIENCE_MICROS);
    return this.inTurn(async () => {
      await this.projectOn();
      return summarise(this.open().reader, this.totals);
    });
  }

  /** Lets the tables that questions about faults are asked of follow the record to where it is now. */
  project(): Promise<void> {
    this.following ??= this.inTurn(() => this.projectOn(this.leaving.signal)).finally(
      () => (this.following = undefined),
    );
    return this.following;
  }

  /** Two builders of one projection would be in each other's way, so a second asker waits for the first. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.finishing.then(work);
    this.finishing = result.catch(() => undefined);
    return result;
  }

  /** What cannot be published is told and missed by the audit; a record that is not the published one is a failure. */
  private async publishLast(patienceMicros: number): Promise<void> {
    try {
      await this.publisher?.publishLast(patienceMicros);
    } catch (error) {
      if (error instanceof HeadDiffers) throw error;
      this.ports.logger.error({ err: error }, 'the last head of the record could not be published');
    }
  }

  private async projectOn(signal?: AbortSignal): Promise<void> {
    const { reader } = this.open();
    if (signal?.aborted) return;
    this.projections ??= await Projections.open(this.directory());
    await this.projections.project(reader, undefined, signal);
  }

  private open(): { intake: RecordIntake; writer: RecordWriter; reader: RecordReader } {
    const { intake, writer, reader } = this;
    if (!intake || !writer || !reader) throw new RecordNotOpen();
    return { intake, writer, reader };
  }

  private directory(): string {
    const { runDirectory, site } = this.ports.config;
    if (runDirectory !== undefined) return runDirectory;
    throw site === undefined
      ? new ConfigError('FAULTLINE_RUN_DIR', '', 'the folder that keeps the run')
      : new ConfigError('FAULTLINE_RUNS_DIR', '', 'the folder that keeps the runs of the site');
  }
}
