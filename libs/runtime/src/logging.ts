import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { ServiceConfig } from './config';

export type { Logger } from 'pino';

/** Structured records, one line a fact, on standard output. */
export function createLogger(config: ServiceConfig): Logger {
  return pino({
    level: config.logLevel,
    base: { service: config.service, instance: config.instance, ...placeOf(config) },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

/** At a site the laboratory changes, and is named by the records that concern one. */
function placeOf({ site, lab }: ServiceConfig): { site: string } | { lab: string } {
  return site === undefined ? { lab } : { site };
}

/** What Nest says about itself, in the same records; its start-up chatter is for debugging. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }
  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }
  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, stack }, String(message));
  }
  debug(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }
  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }
}
