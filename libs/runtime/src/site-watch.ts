import { decodeSiteClaim, SITES_BUCKET } from '@faultline/contracts';
import { type KvEntry, type Running, toError } from '@faultline/hosting';
import { jetStreamOf, type NatsLink, openKv, provisionKv } from '@faultline/messaging';
import type { Logger } from './logging';

/** The laboratory that a site is to serve, and the run it is for. */
export interface Assignment {
  lab: string;
  run: string;
}

/** Pause before the bucket is opened again. */
const REOPEN_MILLIS = 1_000;

/** Tells which laboratory the site serves, as its key says, at every change. An outage of NATS changes nothing. */
export class SiteWatch {
  private running: Running | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    private readonly link: NatsLink,
    private readonly site: string,
    /** Copies of the bucket, when it has to be made. */
    private readonly replicas: number,
    private readonly logger: Logger,
    private readonly onAssignment: (assignment: Assignment | undefined) => void,
  ) {}

  /** Makes the bucket when it is not there. Rejects when the server cannot have one. */
  async begin(): Promise<void> {
    await provisionKv(await jetStreamOf(this.link), SITES_BUCKET, { replicas: this.replicas });
    const kv = await openKv(this.link, SITES_BUCKET);
    let known = false;
    this.running = await kv.watch({
      prefix: '',
      onEntry: (entry) => {
        if (entry.key !== this.site) return;
        known = true;
        this.onAssignment(this.read(entry));
      },
      onDeleted: (key) => key === this.site && this.onAssignment(undefined),
      // After the bucket was made anew, nobody has the site.
      onReady: () => known || this.onAssignment(undefined),
      onError: (error) => this.reopen(error),
    });
  }

  async end(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.running?.stop();
  }

  private read({ value }: KvEntry): Assignment | undefined {
    const claim = decodeSiteClaim(value);
    if (!claim) this.logger.warn({ site: this.site }, 'the key of the site holds no claim of this version');
    return claim?.lab ? { lab: claim.lab, run: claim.run } : undefined;
  }

  private reopen(error: unknown): void {
    if (this.ended) return;
    this.logger.warn({ err: toError(error) }, 'the watch on the site ended; watching anew');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.begin().catch((again: unknown) => this.reopen(again));
    }, REOPEN_MILLIS);
  }
}
