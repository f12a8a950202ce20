import { type ServiceName, type Subjects, subjectsOf } from '@faultline/contracts';
import type { ClockPort, DeadLetter, DeadLetterPort, LanePort, LogPort, WorkPort } from '@faultline/hosting';
import { connectNats, type NatsLink, natsPorts, type NatsPorts } from '@faultline/messaging';
import { type DynamicModule, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ServiceConfig, readConfig } from './config';
import { ControlFailureFilter, controlOptions, ControlServer, createControlClient } from './control-server';
import { createLogger, type Logger, NestLogger } from './logging';
import { ServicePorts } from './ports';
import { PresenceTeller } from './presence';
import { awaitScenario } from './scenario-watch';
import { UnitService } from './unit-service';

/** How long a stopping service may take to settle what it has in flight before it goes anyway. */
const STOP_DEADLINE_MILLIS = 10_000;

/** The ports of a service on NATS, and where its failures end. */
class NatsServicePorts extends ServicePorts {
  readonly subjects: Subjects;
  readonly log: LogPort;
  readonly work: WorkPort;
  readonly lanes: LanePort;
  readonly deadLetters: DeadLetterPort;
  readonly clock: ClockPort;
  /** Messages put to the dead letters since the start. */
  buried = 0;

  constructor(
    readonly config: ServiceConfig,
    readonly logger: Logger,
    ports: NatsPorts,
    readonly fail: (error: Error) => void,
  ) {
    super();
    this.subjects = subjectsOf(config.lab);
    this.log = ports.log;
    this.work = ports.work;
    this.lanes = ports.lanes;
    this.deadLetters = ports.deadLetters;
    this.clock = ports.clock;
  }

  bury(letter: Omit<DeadLetter, 'reason'>, cause: Error): Promise<void> {
    this.buried += 1;
    this.logger.warn(
      { subject: letter.subject, unit: letter.unit, bytes: letter.body.length, err: cause },
      'message put to the dead letters',
    );
    return this.deadLetters.bury({ ...letter, reason: cause.message });
  }
}

/**
 * The whole life of a service process: configuration, connection, control plane, scenario, units, presence, and an orderly end
 * on SIGTERM or SIGINT. Exit status 0 after an orderly end, 1 after a failure, which is one line on standard error and one
 * record in the log.
 */
export async function runService(service: ServiceName, module: Type): Promise<void> {
  let process_: ServiceProcess | undefined;
  try {
    const config = readConfig(service);
    process_ = new ServiceProcess(config, createLogger(config));
    await process_.run(module);
  } catch (error) {
    if (process_) process_.fail(toError(error));
    else {
      process.stderr.write(`${service}: ${toError(error).message}\n`);
      process.exitCode = 1;
    }
  }
}

class ServiceProcess {
  private link: NatsLink | undefined;
  private app: INestMicroservice | undefined;
  private presence: PresenceTeller | undefined;
  private ending = false;

  constructor(
    private readonly config: ServiceConfig,
    private readonly logger: Logger,
  ) {
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (reason) => this.fail(toError(reason)));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.end(0));
  }

  async run(module: Type): Promise<void> {
    const { config, logger } = this;
    this.link = await connectNats({
      url: config.natsServers,
      name: config.instance,
      onStatus: (status, detail) => logger.info({ status, detail }, 'nats connection'),
    });
    let repairedQueues = 0;
    const nats = await natsPorts(this.link, {
      lab: config.lab,
      onRepaired: (repair) => {
        repairedQueues += 1;
        logger.warn(repair, 'the consumer of a queue had stopped, it was made anew');
      },
      onLost: (letter, error) =>
        logger.error(
          { subject: letter.subject, reason: letter.reason, err: error },
          'dead letter could not be stored',
        ),
    });
    const ports = new NatsServicePorts(config, logger, nats, (error) => this.fail(error));
    const client = createControlClient(config.natsServers, `${config.instance}-presence`);
    this.app = await NestFactory.createMicroservice(rootModule(ports, module), {
      strategy: new ControlServer(
        config.lab,
        controlOptions(config.natsServers, `${config.instance}-control`),
      ),
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    this.app.useGlobalFilters(new ControlFailureFilter(logger));
    await this.app.listen();
    await client.connect();
    const who = { service: config.service, instance: config.instance };
    this.presence = new PresenceTeller(client, ports.subjects.control('lab', 'presence'), who, () => ({
      deadLetters: ports.buried,
      repairedQueues,
    }));
    this.presence.begin();
    const scenario = await awaitScenario(ports);
    const units = await this.app.get(UnitService).start(scenario);
    logger.info({ units }, 'ready');
    this.presence.change({ state: 'ready', units });
  }

  /** Says why, and ends with status 1. */
  fail(error: Error): void {
    if (this.ending) return;
    this.logger.fatal({ err: error }, error.message);
    process.stderr.write(`${this.config.service}: ${error.message}\n`);
    this.presence?.change({ state: 'failed', reason: error.message });
    void this.end(1);
  }

  private async end(status: number): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    const late = setTimeout(() => {
      this.logger.error('still busy at the deadline, ending anyway');
      process.exit(status === 0 ? 1 : status);
    }, STOP_DEADLINE_MILLIS);
    late.unref();
    try {
      if (status === 0) this.presence?.change({ state: 'stopping' });
      // A unit that failed has nothing left to settle; one that did not finishes what it has in flight.
      if (status === 0) await this.app?.get(UnitService).stop();
      this.presence?.end();
      await this.app?.close();
      await this.link?.close();
    } catch (error) {
      this.logger.error({ err: toError(error) }, 'while ending');
    }
    process.exit(status);
  }
}

function rootModule(ports: ServicePorts, module: Type): DynamicModule {
  class ServiceRoot {}
  const shared: DynamicModule = {
    module: class PortsModule {},
    global: true,
    providers: [{ provide: ServicePorts, useValue: ports }],
    exports: [ServicePorts],
  };
  return { module: ServiceRoot, imports: [shared, module] };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
