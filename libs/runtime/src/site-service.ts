import { join } from 'node:path';
import { sitePresence } from '@faultline/contracts';
import { connectNats, type NatsLink } from '@faultline/messaging';
import type { Type } from '@nestjs/common';
import type { ServiceConfig } from './config';
import type { CurrentEngagement } from './current-engagement';
import { Engagement } from './engagement';
import { Heartbeat } from './heartbeat';
import type { Logger } from './logging';
import { PresenceTeller, voiceOfLink } from './presence';
import { type Assignment, SiteWatch } from './site-watch';

/** The connection of the process is closed, and nothing will open it again. */
export class ConnectionClosed extends Error {
  constructor() {
    super('the connection to NATS was closed for good; expected it to last as long as the service');
    this.name = 'ConnectionClosed';
  }
}

/** A service that stands at a site: it serves one laboratory after the other, and outlives the failure of any. */
export class SiteService {
  private link: NatsLink | undefined;
  private watch: SiteWatch | undefined;
  private heartbeat: Heartbeat | undefined;
  private teller: PresenceTeller | undefined;
  private engagement: Engagement | undefined;
  private wanted: Assignment | undefined;
  private ending = false;
  private serving: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  /** `onFailure` is called when the process cannot go on; the failure of a laboratory is not such a thing. */
  constructor(
    private readonly config: ServiceConfig,
    private readonly site: string,
    private readonly logger: Logger,
    private readonly module: Type,
    private readonly current: CurrentEngagement,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Resolves when it stands: connected, and watching for its first laboratory. */
  async begin(): Promise<void> {
    const { config, site, logger } = this;
    this.link = await connectNats({
      url: config.natsServers,
      name: `${config.instance}-site`,
      onStatus: (status, detail) => logger.info({ status, detail }, 'nats connection of the site'),
    });
    this.current.stand(this.link);
    this.link.onClosed(() => this.ending || this.fail(new ConnectionClosed()));
    this.watch = new SiteWatch(this.link, site, config.replicas, logger, (assignment) => {
      this.wanted = assignment;
      this.wake();
    });
    await this.watch.begin();
    const { service, instance, session } = config;
    const voice = voiceOfLink(this.link, sitePresence(site));
    this.teller = new PresenceTeller(voice, { service, instance, session, state: 'ready' });
    this.teller.begin();
    if (config.heartbeatFile) this.heartbeat = new Heartbeat(this.link, config.heartbeatFile, logger);
    logger.info('standing');
    this.serving = this.serveAll();
  }

  fail(error: Error): void {
    this.logger.fatal({ err: error }, error.message);
    this.engagement?.fail(error);
    this.onFailure(error);
  }

  /** Leaves the laboratory it serves, in order, and then NATS. */
  async end(): Promise<boolean> {
    this.ending = true;
    this.heartbeat?.end();
    await this.watch?.end();
    const { engagement } = this;
    const inOrder = engagement ? await engagement.end() : true;
    this.wake();
    await this.serving;
    await this.teller?.end('left');
    await this.link?.close();
    return inOrder;
  }

  private async serveAll(): Promise<void> {
    // What it left, for a failure of its own, it does not come back to.
    let last: string | undefined;
    for (;;) {
      await this.until(() => this.ending || (this.wanted !== undefined && this.wanted.lab !== last));
      if (this.ending || !this.wanted) return;
      last = this.wanted.lab;
      await this.serve(this.wanted);
    }
  }

  private async serve({ lab, run }: Assignment): Promise<void> {
    const { runsDirectory } = this.config;
    const config = { ...this.config, lab, runDirectory: runsDirectory && join(runsDirectory, run) };
    const logger = this.logger.child({ lab });
    const engagement = new Engagement(config, logger, this.module, this.current, () => this.wake());
    this.engagement = engagement;
    engagement.begin();
    await this.until(() => this.ending || engagement.failure !== undefined || this.wanted?.lab !== lab);
    const inOrder = await engagement.end();
    if (!this.ending) logger.info({ inOrder }, 'left the laboratory');
    this.engagement = undefined;
  }

  /** Waits for a condition that only changes together with a call of `wake`. */
  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}
