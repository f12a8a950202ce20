import { writeFile } from 'node:fs/promises';
import type { NatsLink } from '@faultline/messaging';
import type { Logger } from './logging';

/** How often the file is touched; the health check of the image allows for several that are missed. */
const BEAT_MILLIS = 2_000;

/**
 * Touches a file whenever the NATS server has answered, so that a health check sees by the file's age whether this process runs and
 * reaches it: neither a frozen process nor one whose connection is gone touches it.
 */
export class Heartbeat {
  private readonly timer: NodeJS.Timeout;
  private complained = false;

  constructor(
    private readonly link: NatsLink,
    private readonly file: string,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => this.beat(), BEAT_MILLIS);
    this.beat();
  }

  end(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    // Each beat asks anew: an answer that was lost with its connection is not waited for.
    this.link.nc.rtt().then(
      () => this.touch(),
      () => undefined,
    );
  }

  private touch(): void {
    writeFile(this.file, `${new Date().toISOString()}\n`).catch((error: unknown) => {
      if (!this.complained) this.logger.error({ err: error, file: this.file }, 'heartbeat file not written');
      this.complained = true;
    });
  }
}
