import type { AccessFeed, TraceOpener } from '@faultline/units';

/** Feeds that read files, for which simulated time waits: how fast a disk is must not show in it. */
export class AwaitedFeeds {
  private readonly feeds = new Set<AccessFeed>();

  constructor(private readonly openTrace: TraceOpener) {}

  readonly open: TraceOpener = (...how) => {
    const feed = this.openTrace(...how);
    this.feeds.add(feed);
    return feed;
  };

  /** Whether one of them has something on its way. */
  get areReading(): boolean {
    if (this.feeds.size === 0) return false;
    for (const feed of this.feeds) {
      if (feed.reading) return true;
      if (feed.done) this.feeds.delete(feed);
    }
    return false;
  }
}
