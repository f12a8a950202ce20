import type { ServerResponse } from 'node:http';
import { toError } from '@faultline/hosting';
import { CurrentEngagement } from '@faultline/runtime';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Busy } from '../common/failures';
import { RunShelf } from '../runs/run-shelf';
import { EventRing } from './event-ring';
import { FeedClient } from './feed-client';
import { LaboratoryWatch } from './laboratory-watch';
import { laboratoryLook, queuesLook, servicesLook, standingLook } from './live-look';
import type { LiveState } from './live-schemas';
import { ProgressMeter } from './progress-meter';

/** Limits and times of the live feed. */
export const FEED = {
  /** Who looks at the same time. */
  mostClients: 32,
  /** Events that are kept for those who come back: some minutes. */
  keptEvents: 512,
  /** Time between two looks at the laboratory, in milliseconds: a service is late after two heartbeats, and shown as such within 3 s. */
  lookMillis: 500,
  /** After how long a client is to come back, and how often a silent connection is written to. */
  retryMillis: 2_000,
  beatMillis: 15_000,
};
/** Looks from one event with all counters to the next. */
const COUNTERS_EVERY = 4;

const NOTHING: Omit<LiveState, 'history' | 'services' | 'units'> = {
  ...{ laboratory: null, queues: [], devices: [], progress: null, counters: {} },
};

/** The live view: looks at the laboratory while there are clients, and tells all of them what it sees. */
@Injectable()
export class LiveFeed implements OnModuleDestroy {
  private readonly clients = new Set<FeedClient>();
  private readonly ring = new EventRing(FEED.keptEvents);
  private meter = new ProgressMeter();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private looks = 0;
  /** What was told last, by name: what has not changed is not told again. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly watch: LaboratoryWatch,
    private readonly shelf: RunShelf,
    private readonly current: CurrentEngagement,
  ) {
    watch.onChange(() => this.change());
  }

  /** Everything at one moment. */
  async state(): Promise<LiveState> {
    await this.read();
    return this.picture();
  }

  /** Sends the feed until the client goes: from after the event it names, or else from how everything is now. Throws {@link Busy}. */
  async join(response: ServerResponse, lastEventId: string | undefined): Promise<void> {
    if (this.clients.size >= FEED.mostClients) throw new Busy('clients of the live feed');
    const client = new FeedClient(response);
    this.clients.add(client);
    response.on('close', () => this.leave(client));
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${FEED.retryMillis}\n\n`);
    const missed = lastEventId === undefined ? undefined : this.ring.after(lastEventId);
    for (const event of missed ?? []) client.send(event);
    if (!missed) {
      await this.read();
      const reason = 'the feed does not reach back to that event; what follows is how everything is now';
      if (lastEventId !== undefined) client.send(this.ring.latest('reset', { reason }));
      client.send(this.ring.latest('state', this.picture()));
    }
    // It may have gone meanwhile.
    if (this.clients.has(client)) this.timer ??= setInterval(() => this.tick(), FEED.lookMillis);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const client of this.clients) client.end();
  }

  private leave(client: FeedClient): void {
    this.clients.delete(client);
    if (this.clients.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
  }

  private async look(): Promise<void> {
    this.looks += 1;
    await this.read();
    if ((this.looks * FEED.lookMillis) % FEED.beatMillis === 0)
      for (const client of this.clients) client.beat();
    const sight = this.watch.now;
    if (!sight) return this.tell('services', this.standing());
    const nowMicros = this.nowMicros();
    this.tell('progress', this.meter.look(sight, nowMicros));
    this.tell('queues', queuesLook(sight, nowMicros));
    this.tell('services', servicesLook(sight));
    this.tell('laboratory', laboratoryLook(sight, this.shelf.live));
    if (this.looks % COUNTERS_EVERY === 0) this.tell('counters', sight.follower.tally.counts());
  }

  /** A record that cannot be read now is one that is looked at again soon. */
  private async read(): Promise<void> {
    try {
      await this.watch.look();
    } catch (error) {
      this.current.logger.warn({ err: toError(error) }, 'the live view cannot read the record');
    }
  }

  private tell(name: string, data: unknown): void {
    const text = JSON.stringify(data);
    if (this.told.get(name) === text) return;
    this.told.set(name, text);
    const event = this.ring.add(name, data);
    for (const client of this.clients) client.send(event);
  }

  /** What was seen of the one laboratory says nothing of the next. */
  private change(): void {
    this.meter = new ProgressMeter();
    this.told.clear();
    if (this.clients.size > 0) this.tell('state', this.picture());
  }

  private picture(): LiveState {
    const sight = this.watch.now;
    const { history } = this.meter;
    if (!sight) return { ...NOTHING, ...this.standing(), history };
    const nowMicros = this.nowMicros();
    return {
      laboratory: laboratoryLook(sight, this.shelf.live),
      ...servicesLook(sight),
      ...queuesLook(sight, nowMicros),
      progress: this.meter.peek(sight, nowMicros),
      counters: sight.follower.tally.counts(),
      history,
    };
  }

  /** Who waits for a laboratory. */
  private standing(): Pick<LiveState, 'services' | 'units'> {
    return standingLook(this.watch.standing, this.watch.leaseMillis);
  }

  private nowMicros(): number {
    const { clock } = this.watch.now?.view.ports ?? {};
    return clock?.nowMicros() ?? new Date().getTime() * 1_000;
  }
}
