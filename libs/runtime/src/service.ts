import { createRequire } from 'node:module';
import { toError } from '@faultline/hosting';
import { type ServiceName, writeFormat } from '@faultline/contracts';
import type { Type } from '@nestjs/common';
import { readConfig, type ServiceConfig } from './config';
import { CurrentEngagement } from './current-engagement';
import { Engagement } from './engagement';
import { tuneEngine } from './engine';
import type { DoorContent } from './http/content';
import type { HttpDoor } from './http/door';
import { openDoor } from './http/open-door';
import { createLogger, type Logger } from './logging';
import { Meters } from './metrics';
import { SiteService } from './site-service';
import type { Tracing } from './tracing/tracing';

/** A service that has not ended so long after it was to is ended by force. */
const END_DEADLINE_MILLIS = 15_000;

/**
 * The whole life of a service process: configuration, connection, its part in one laboratory or, at a site, in one after the other,
 * and an orderly end on SIGTERM or SIGINT. Exit status 0 after an orderly end, 1 after a failure, which is one line on standard
 * error and one record in the log. Where `FAULTLINE_HTTP` is set it answers over HTTP all the while, with what `http` gives beside
 * what every service has behind its door.
 */
export async function runService(
  service: ServiceName,
  module: Type,
  http: () => DoorContent = () => ({ modules: [] }),
): Promise<void> {
  let process_: ServiceProcess | undefined;
  tuneEngine();
  try {
    const config = readConfig(service);
    writeFormat(config.format);
    process_ = new ServiceProcess(config, createLogger(config), module, http);
    await process_.begin();
  } catch (error) {
    if (process_) process_.fail(toError(error));
    else {
      process.stderr.write(`${service}: ${toError(error).message}\n`);
      process.exitCode = 1;
    }
  }
}

/** OpenTelemetry's packages are loaded where traces are asked for, and nowhere else. */
const loadTracing = (): typeof Tracing =>
  (createRequire(__filename)('./tracing/tracing') as { Tracing: typeof Tracing }).Tracing;

/** What a process does: one engagement, or all those of a site. Its failures end the process. */
interface Work {
  begin(): Promise<void> | void;
  /** The process cannot go on, for a reason that lies outside of the work. */
  fail(error: Error): void;
  /** Never rejects; resolves with whether everything ended in order. */
  end(): Promise<boolean>;
}

class ServiceProcess {
  private readonly work: Work;
  private readonly current: CurrentEngagement;
  private door: HttpDoor | undefined;
  private ending = false;

  constructor(
    private readonly config: ServiceConfig,
    private readonly logger: Logger,
    module: Type,
    private readonly http: () => DoorContent,
  ) {
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (reason) => this.fail(toError(reason)));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.end(0));
    const onFailure = (error: Error): void => this.failed(error);
    const current = new CurrentEngagement(config, logger, config.http && new Meters());
    this.current = current;
    this.work =
      config.site === undefined
        ? new Engagement(config, logger, module, current, onFailure)
        : new SiteService(config, config.site, logger, module, current, onFailure);
  }

  async begin(): Promise<void> {
    const { http, tracing } = this.config;
    if (tracing) this.current.tracing = new (loadTracing())(tracing, this.config, this.logger);
    if (http) this.door = await openDoor(http, this.current, this.http());
    await this.work.begin();
  }

  /** Says why, and ends with status 1. */
  fail(error: Error): void {
    if (this.ending) return;
    this.work.fail(error);
    this.failed(error);
  }

  private failed(error: Error): void {
    if (this.ending) return;
    process.stderr.write(`${this.config.service}: ${error.message}\n`);
    void this.end(1);
  }

  private async end(status: number): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    const late = setTimeout(() => {
      this.logger.error('still busy at the deadline, ending anyway');
      process.exit(1);
    }, END_DEADLINE_MILLIS);
    late.unref();
    const inOrder = await this.work.end();
    await this.current.tracing?.end();
    // It says how the service is until there is none any more.
    await this.door?.close();
    process.exit(inOrder ? status : 1);
  }
}
