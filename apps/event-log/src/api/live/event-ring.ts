import { randomBytes } from 'node:crypto';

/** One event of the live feed, as it goes over the wire. */
export interface FeedEvent {
  id: string;
  name: string;
  text: string;
}

/**
 * The last events of the feed, for those who come back. Ids count, behind a name of this feed: what an earlier process sent is nothing
 * that this one could go on from.
 */
export class EventRing {
  private readonly feed = randomBytes(6).toString('base64url');
  private readonly events: FeedEvent[] = [];
  private count = 0;
  /** Number of the last event that is not kept any more. */
  private dropped = 0;

  constructor(private readonly most: number) {}

  add(name: string, data: unknown): FeedEvent {
    this.count += 1;
    const event = this.latest(name, data);
    this.events.push(event);
    if (this.events.length > this.most) this.dropped = numberOf(this.events.shift() ?? event);
    return event;
  }

  /** An event for one client alone, who goes on from it with what comes after the last one of all. */
  latest(name: string, data: unknown): FeedEvent {
    const id = `${this.feed}-${this.count}`;
    return { id, name, text: `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n` };
  }

  /** Everything after an event; undefined when that is not known any more, or never was. */
  after(id: string): FeedEvent[] | undefined {
    const [, feed, digits] = /^([\w-]{8})-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    if (feed !== this.feed || number > this.count || number < this.dropped) return undefined;
    return this.events.filter((event) => numberOf(event) > number);
  }
}

const numberOf = ({ id }: FeedEvent): number => Number(id.slice(id.lastIndexOf('-') + 1));
