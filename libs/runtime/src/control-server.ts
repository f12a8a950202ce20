import { type ArgumentsHost, Catch, type RpcExceptionFilter } from '@nestjs/common';
import { ClientNats, type MessageHandler, type NatsOptions, ServerNats } from '@nestjs/microservices';
import type { ControlFailure } from '@faultline/contracts';
import { type Observable, throwError } from 'rxjs';
import type { Logger } from './logging';

type NatsServerOptions = NonNullable<NatsOptions['options']>;

/**
 * Nest's stock NATS server under the subjects of one laboratory: a handler for `iommu.attach` listens on
 * `<lab>.ctl.iommu.attach`, so that patterns in controllers stay constants.
 */
export class ControlServer extends ServerNats {
  constructor(
    private readonly lab: string,
    options: NatsServerOptions,
  ) {
    super(options);
  }

  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    super.addHandler(`${this.lab}.ctl.${String(pattern)}`, callback, isEventHandler, extras);
  }
}

/** How control connections behave: they wait out an outage of the server for ever, like the data plane's. */
export function controlOptions(servers: string[], name: string): NatsServerOptions {
  return {
    servers,
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 5_000,
    noAsyncTraces: true,
  };
}

/** A client for the control plane of one laboratory. */
export function createControlClient(servers: string[], name: string): ClientNats {
  return new ClientNats(controlOptions(servers, name));
}

/** What a handler throws travels to the asker as its class and its line, and into this service's log with its stack. */
@Catch()
export class ControlFailureFilter implements RpcExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(exception: unknown, _host: ArgumentsHost): Observable<ControlFailure> {
    const error = exception instanceof Error ? exception : new Error(String(exception));
    this.logger.warn({ err: error }, 'control request refused');
    return throwError(() => ({ error: error.name, message: error.message }) satisfies ControlFailure);
  }
}
