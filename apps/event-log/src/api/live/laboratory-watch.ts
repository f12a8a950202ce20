import { sitePresence } from '@faultline/contracts';
import type { NatsLink } from '@faultline/messaging';
import { CurrentEngagement, type EngagementView, PresenceBoard } from '@faultline/runtime';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'nats';
import { RunShelf } from '../runs/run-shelf';
import { hearPresence } from './hear-presence';
import { RunFollower } from './run-follower';

/** A laboratory as it is watched: what its instances say, and what its record tells. */
export interface LaboratorySight {
  view: EngagementView;
  board: PresenceBoard;
  follower: RunFollower;
}

/** For so long one that has left its site is remembered, as somebody who is missed. */
const REMEMBERED_MILLIS = 60_000;

/** Watches the laboratory that this service is in, on the connection that it has there, and who stands at its site between two. */
@Injectable()
export class LaboratoryWatch implements OnModuleDestroy {
  private sight: LaboratorySight | undefined;
  private subscription: Subscription | undefined;
  private site: { board: PresenceBoard; subscription: Subscription } | undefined;
  private readonly unwatch: readonly (() => void)[];
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly current: CurrentEngagement,
    private readonly shelf: RunShelf,
  ) {
    this.unwatch = [
      current.watch((view) => this.change(view)),
      current.onStanding((link) => this.standAt(link)),
    ];
    this.change(current.now);
  }

  get now(): LaboratorySight | undefined {
    return this.sight;
  }

  /** What those say of themselves who stand at the site, in whatever laboratory; undefined without a site. */
  get standing(): PresenceBoard | undefined {
    const board = this.site?.board;
    board?.forget(REMEMBERED_MILLIS);
    return board;
  }

  /** After how long without a word somebody is gone. */
  get leaseMillis(): number {
    return this.current.config.leaseMillis;
  }

  /** Called when a laboratory came or went. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Reads the record on. There is none before the laboratory's scenario is known. */
  async look(): Promise<void> {
    const { sight } = this;
    if (!sight || !this.shelf.isLiveThere) return;
    await this.shelf.use('live', (run) => sight.follower.look(run));
  }

  onModuleDestroy(): void {
    for (const end of this.unwatch) end();
    this.subscription?.unsubscribe();
    this.site?.subscription.unsubscribe();
  }

  private change(view: EngagementView | undefined): void {
    this.subscription?.unsubscribe();
    this.subscription = undefined;
    this.sight = view && { view, board: new PresenceBoard(() => undefined), follower: new RunFollower() };
    if (view?.link && view.ports && this.sight) {
      const subject = view.ports.subjects.control('lab', 'presence');
      this.subscription = hearPresence(view.link, subject, this.sight.board);
    }
    for (const listener of this.listeners) listener();
  }

  private standAt(link: NatsLink): void {
    const { site } = this.current.config;
    if (site === undefined) return;
    const board = new PresenceBoard(() => undefined);
    this.site = { board, subscription: hearPresence(link, sitePresence(site), board) };
  }
}
