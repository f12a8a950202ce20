import { toError } from '@faultline/hosting';
import { type ArgumentsHost, Catch, type RpcExceptionFilter } from '@nestjs/common';
import { ClientNats, type MessageHandler, type NatsOptions, ServerNats } from '@nestjs/microservices';
import type { Addressed, ControlFailure } from '@faultline/contracts';
import { type Observable, throwError } from 'rxjs';
import type { Logger } from './logging';

type NatsServerOptions = NonNullable<NatsOptions['options']>;

type NatsMessage = Parameters<ServerNats['handleMessage']>[1];

/**
 * Nest's stock NATS server under the subjects of one laboratory: a handler for `iommu.attach` listens on
 * `<lab>.ctl.iommu.attach`, so that patterns in controllers stay constants. Every replica hears a request: one for a unit that is not
 * owned here is for somebody else, and one that is being answered already was only asked again.
 */
export class ControlServer extends ServerNats {
  private readonly underWay = new Set<string>();

  constructor(
    private readonly lab: string,
    options: NatsServerOptions,
    private readonly owns: (unit: string) => boolean = () => true,
  ) {
    super(options);
  }

  override async handleMessage(channel: string, message: NatsMessage): Promise<unknown> {
    const { unit, ask } = addressOf(message);
    if (unit !== undefined && !this.owns(unit)) return undefined;
    if (ask !== undefined) {
      if (this.underWay.has(ask)) return undefined;
      this.underWay.add(ask);
    }
    return super.handleMessage(channel, message) as Promise<unknown>;
  }

  override getPublisher(...args: Parameters<ServerNats['getPublisher']>): (response: unknown) => unknown {
    const publish = super.getPublisher(...args) as (response: unknown) => unknown;
    const { ask } = addressOf(args[0] as NatsMessage);
    return (response) => {
      if (ask !== undefined) this.underWay.delete(ask);
      return publish(response);
    };
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

/** Whom a request is for; nothing for what is no request of ours, which the base class answers. */
function addressOf(message: NatsMessage): Partial<Addressed> {
  try {
    const packet = JSON.parse(Buffer.from(message.data).toString('utf8')) as { data?: Partial<Addressed> };
    return packet.data ?? {};
  } catch {
    return {};
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
    const error = toError(exception);
    this.logger.warn({ err: error }, 'control request refused');
    return throwError(() => ({ error: error.name, message: error.message }) satisfies ControlFailure);
  }
}
