import { ownersBucket, type Presence, type ResolvedScenario } from '@faultline/contracts';
import { type UnitKeeper, toError } from '@faultline/hosting';
import {
  connectNats,
  jetStreamOf,
  type NatsLink,
  natsPorts,
  provisionKv,
  queueDepths,
} from '@faultline/messaging';
import type { Abstract, DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { UnknownElementException } from '@nestjs/core/errors/exceptions';
import type { ClientNats } from '@nestjs/microservices';
import type { ServiceConfig } from './config';
import type { CurrentEngagement, EngagementView } from './current-engagement';
import { ControlFailureFilter, controlOptions, ControlServer, createControlClient } from './control-server';
import { EndingClock } from './ending-clock';
import { Failpoints, withFailpoints } from './failpoints';
import { type Logger, NestLogger } from './logging';
import { NatsServicePorts, type PortsOfLab } from './nats-service-ports';
import { ServicePorts } from './ports';
import { PresenceTeller, voiceOfClient } from './presence';
import { awaitScenario } from './scenario-watch';
import { shareUnits } from '@faultline/units';
import { UnitOwnerService } from './unit-owner-service';
import { UnitService } from './unit-service';
import { settlesWithin } from './waiting';

/** How long stopping may take to settle what is in flight before it is left as it is. */
const STOP_DEADLINE_MILLIS = 10_000;
/** How long what stands behind the door may take to let go of the laboratory. */
const LEAVE_DEADLINE_MILLIS = 2_000;
/** How long closing may take after a failure. */
const ABANDON_DEADLINE_MILLIS = 2_000;

/**
 * What a service does for one laboratory, from the first word to the last: control plane, scenario, units, presence. It has
 * connections and timers of its own, which end with it, so that whatever a laboratory left behind can reach no other.
 */
export class Engagement implements EngagementView {
  link: NatsLink | undefined;
  ports: ServicePorts | undefined;
  private client: ClientNats | undefined;
  private clock: EndingClock | undefined;
  private app: INestMicroservice | undefined;
  private teller: PresenceTeller | undefined;
  private keeper: UnitKeeper | undefined;
  private repairedQueues = 0;
  scenario: ResolvedScenario | undefined;
  private begun: Promise<void> = Promise.resolve();
  private ending = false;
  private release: () => void = () => undefined;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));
  private failed: Error | undefined;
  private ended: Promise<boolean> | undefined;

  /** `onFailure` is called once when it cannot go on; {@link Engagement.end} is to follow. */
  constructor(
    readonly config: ServiceConfig,
    private readonly logger: Logger,
    private readonly module: Type,
    private readonly current: CurrentEngagement,
    private readonly onFailure: (error: Error) => void,
  ) {}

  get presence(): Presence | undefined {
    return this.teller?.said;
  }

  find<T>(type: Type<T> | Abstract<T>): T | undefined {
    try {
      return this.app?.get(type, { strict: false });
    } catch (error) {
      if (error instanceof UnknownElementException) return undefined;
      throw error;
    }
  }

  get failure(): Error | undefined {
    return this.failed;
  }

  begin(): void {
    this.begun = this.start().catch((error: unknown) => this.fail(toError(error)));
  }

  /** Says why it cannot go on. Only the first reason counts, and none when the end has begun. */
  readonly fail = (error: Error): void => {
    if (this.ending || this.failed) return;
    this.failed = error;
    this.logger.fatal({ err: error }, error.message);
    this.teller?.change({ state: 'failed', reason: error.message });
    this.onFailure(error);
  };

  /**
   * Settles what is in flight, and leaves nothing behind. Never rejects. Resolves with whether everything stopped in order; what
   * did not within the deadline is cut off from NATS and from time.
   */
  end(): Promise<boolean> {
    this.ended ??= this.finish();
    return this.ended;
  }

  private async finish(): Promise<boolean> {
    this.ending = true;
    this.release();
    if (!this.failed) this.teller?.change({ state: 'stopping' });
    await settlesWithin(this.current.leave(this), LEAVE_DEADLINE_MILLIS);
    const inOrder = !this.failed && (await settlesWithin(this.stopUnits(), STOP_DEADLINE_MILLIS));
    if (!inOrder) await this.abandon();
    this.clock?.end();
    await this.close();
    return inOrder;
  }

  private async start(): Promise<void> {
    const ports = await this.connect();
    this.ports = ports;
    const app = await this.listen(ports);
    // Nobody who looks on holds the laboratory up.
    if (!this.ending) void this.current.enter(this);
    const scenario = await Promise.race([awaitScenario(ports), this.released]);
    if (!scenario || this.ending) return;
    this.scenario = scenario;
    const service = app.get(UnitService);
    const units = await service.start(scenario);
    this.logger.info({ units }, 'ready');
    if (!this.ending) this.teller?.change({ state: 'ready', units });
    if (service instanceof UnitOwnerService && !this.ending)
      this.keeper = await shareUnits(ports, service.units, service.namesOf(scenario), (owned) => {
        if (!this.ending) this.teller?.change({ units: owned });
      });
  }

  private async connect(): Promise<NatsServicePorts> {
    const { config, logger } = this;
    this.link = await connectNats({
      url: config.natsServers,
      name: config.instance,
      onStatus: (status, detail) => logger.info({ status, detail }, 'nats connection'),
    });
    const nats = await natsPorts(this.link, {
      lab: config.lab,
      onRepaired: (repair) => {
        this.repairedQueues += 1;
        this.current.meters?.ports.queueRepaired();
        logger.warn(repair, 'the consumer of a queue had stopped, it was made anew');
      },
      onLost: (letter, error) =>
        logger.error(
          { subject: letter.subject, reason: letter.reason, err: error },
          'dead letter could not be stored',
        ),
    });
    this.clock = new EndingClock(nats.clock);
    const { link } = this;
    const reviveOwners = async (): Promise<void> =>
      provisionKv(await jetStreamOf(link), ownersBucket(config.lab), { replicas: config.replicas });
    const depths = (queues: readonly string[]) => queueDepths(link, config.lab, queues);
    const failpoints = config.failpoints && new Failpoints(config.failpoints);
    let ports: PortsOfLab = { ...nats, clock: this.clock };
    if (failpoints) ports = withFailpoints(ports, config.lab, failpoints);
    // Outermost, so that it sees what the units see.
    const { meters } = this.current;
    if (meters) ports = meters.ports.around(ports);
    return new NatsServicePorts(
      config,
      logger,
      ports,
      this.fail,
      { reviveOwners, queueDepths: depths },
      failpoints,
      meters?.path,
      this.current.tracing?.tracerFor(config.lab, this.clock),
    );
  }

  private async listen(ports: NatsServicePorts): Promise<INestMicroservice> {
    const { config, logger } = this;
    this.client = createControlClient(config.natsServers, `${config.instance}-presence`);
    this.app = await NestFactory.createMicroservice(rootModule(ports, this.module), {
      strategy: new ControlServer(
        config.lab,
        controlOptions(config.natsServers, `${config.instance}-control`),
        (unit) => this.owns(unit),
      ),
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    this.app.useGlobalFilters(new ControlFailureFilter(logger));
    await this.app.listen();
    await this.client.connect();
    const { service, instance, session } = config;
    const subject = ports.subjects.control('lab', 'presence');
    const voice = voiceOfClient(this.client, subject);
    this.teller = new PresenceTeller(voice, { service, instance, session }, () => ({
      deadLetters: ports.buried,
      repairedQueues: this.repairedQueues,
      worker: this.app?.get(UnitService).workerUse,
    }));
    this.teller.begin();
    return this.app;
  }

  /** Requests for units that are not owned here are for others. */
  private owns(unit: string): boolean {
    const service = this.app?.get(UnitService);
    return service instanceof UnitOwnerService && service.hasStarted && service.units.owns(unit);
  }

  /** What is being started is stopped when it has been: half a unit cannot be. */
  private async stopUnits(): Promise<void> {
    await this.begun;
    try {
      // Others take over what this instance has as soon as it lets go of it.
      await this.keeper?.stop();
      await this.app?.get(UnitService).stop();
    } catch (error) {
      this.logger.error({ err: toError(error) }, 'while stopping');
    }
  }

  /** A unit that failed has nothing left to settle; one that still settles at the deadline is not waited for any longer. */
  private async abandon(): Promise<void> {
    if (!this.failed) this.logger.error('still busy at the deadline, ending anyway');
    this.clock?.end();
    const abandoned = Promise.resolve(this.app?.get(UnitService).abandon());
    await settlesWithin(abandoned, ABANDON_DEADLINE_MILLIS);
  }

  private async close(): Promise<void> {
    try {
      await this.teller?.end(this.failed ? undefined : 'left');
      await this.app?.close();
      await this.client?.close();
      await this.link?.close();
    } catch (error) {
      this.logger.error({ err: toError(error) }, 'while ending');
    }
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
