import type { Presence, ResolvedScenario } from '@faultline/contracts';
import type { NatsLink } from '@faultline/messaging';
import type { Abstract, Type } from '@nestjs/common';
import type { ServiceConfig } from './config';
import type { Logger } from './logging';
import type { Meters } from './metrics';
import type { ServicePorts } from './ports';
import type { Tracing } from './tracing/tracing';

/** What can be seen of an engagement from outside of it. Everything but the configuration is absent until it has got so far. */
export interface EngagementView {
  /** With the laboratory and the folder of its run. */
  readonly config: ServiceConfig;
  readonly ports: ServicePorts | undefined;
  /** Its connection to NATS. */
  readonly link: NatsLink | undefined;
  /** Known when it was found in the log. */
  readonly scenario: ResolvedScenario | undefined;
  /** What it last said of itself. */
  readonly presence: Presence | undefined;
  /** A provider of the app's module, if there is one. */
  find<T>(type: Type<T> | Abstract<T>): T | undefined;
}

/** Called when an engagement begins, and before one ends, which waits for what is returned. */
export type EngagementListener = (view: EngagementView | undefined) => void | Promise<void>;

/**
 * The engagement of this process, if it has one at the moment: what stands behind the door is there before the first and after the
 * last, and sees through this what comes and goes.
 */
export class CurrentEngagement {
  private view: EngagementView | undefined;
  private readonly listeners = new Set<EngagementListener>();
  private standing: NatsLink | undefined;
  private readonly arrivals = new Set<(link: NatsLink) => void>();
  /** Absent where nobody asks for traces. */
  tracing: Tracing | undefined;

  constructor(
    readonly config: ServiceConfig,
    readonly logger: Logger,
    /** What is counted for who asks for metrics; absent where nobody can. */
    readonly meters?: Meters,
  ) {}

  get now(): EngagementView | undefined {
    return this.view;
  }

  /** At a site: the connection by which it stands there. */
  get siteLink(): NatsLink | undefined {
    return this.standing;
  }

  /** It stands at its site from now on, as long as the process lasts. */
  stand(link: NatsLink): void {
    this.standing = link;
    for (const arrived of this.arrivals) arrived(link);
  }

  /** Calls back when it stands at its site, or at once if it does. Returns what ends the listening. */
  onStanding(arrived: (link: NatsLink) => void): () => void {
    this.arrivals.add(arrived);
    if (this.standing) arrived(this.standing);
    return () => void this.arrivals.delete(arrived);
  }

  /** Returns what ends the listening. */
  watch(listener: EngagementListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async enter(view: EngagementView): Promise<void> {
    this.view = view;
    await this.tell();
  }

  /** Resolves when everybody has let go of it. */
  async leave(view: EngagementView): Promise<void> {
    if (this.view !== view) return;
    this.view = undefined;
    await this.tell();
  }

  private async tell(): Promise<void> {
    const told = [...this.listeners].map(async (listener) => listener(this.view));
    for (const { status, ...rest } of await Promise.allSettled(told))
      if (status === 'rejected')
        this.logger.error({ err: (rest as PromiseRejectedResult).reason }, 'while an engagement changes');
  }
}
