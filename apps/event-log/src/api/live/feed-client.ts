import type { ServerResponse } from 'node:http';
import type { FeedEvent } from './event-ring';

/** Bytes that may wait for a client. */
const MOST_WAITING_BYTES = 256 * 1024;

/**
 * One client of the live feed. Every event tells the whole of what it is about, so that to one who is slow only the newest of each name
 * is sent when there is room again: it loses what was in between, and this process no memory.
 */
export class FeedClient {
  private readonly newest = new Map<string, FeedEvent>();

  constructor(private readonly response: ServerResponse) {
    response.on('drain', () => this.flush());
    // Of a connection that broke: its end is what it is left for.
    response.on('error', () => undefined);
  }

  /** How many events wait; no more than there are names. */
  get waiting(): number {
    return this.newest.size;
  }

  send(event: FeedEvent): void {
    if (this.newest.size === 0 && this.hasRoom) {
      this.response.write(event.text);
      return;
    }
    // Behind those that wait already, so that ids only rise.
    this.newest.delete(event.name);
    this.newest.set(event.name, event);
    this.flush();
  }

  /** A comment, by which a connection that is dead is found out. */
  beat(): void {
    if (this.hasRoom) this.response.write(': here\n\n');
  }

  end(): void {
    this.response.end();
  }

  private get hasRoom(): boolean {
    return !this.response.destroyed && this.response.writableLength < MOST_WAITING_BYTES;
  }

  private flush(): void {
    for (const event of [...this.newest.values()]) {
      if (!this.hasRoom) return;
      this.newest.delete(event.name);
      this.response.write(event.text);
    }
  }
}
