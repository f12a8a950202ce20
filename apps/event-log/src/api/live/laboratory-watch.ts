import type { Presence } from '@faultline/contracts';
import { CurrentEngagement, type EngagementView, PresenceBoard } from '@faultline/runtime';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'nats';
import { z } from 'zod';
import { RunShelf } from '../runs/run-shelf';
import { RunFollower } from './run-follower';

/** A laboratory as it is watched: what its instances say, and what its record tells. */
export interface LaboratorySight {
  view: EngagementView;
  board: PresenceBoard;
  follower: RunFollower;
}

/** What is heard is taken from whoever is on the server: what is no presence is nobody's. */
const said = z.looseObject({
  data: z.looseObject({
    service: z.string().max(100),
    instance: z.string().min(1).max(200),
    session: z.string().max(200),
    pid: z.number(),
    state: z.enum(['waiting', 'ready', 'stopping', 'failed', 'left']),
    units: z.array(z.string().max(100)).max(10_000),
    deadLetters: z.number(),
  }),
});
/** Instances that are kept in mind: more would be somebody who makes names up. */
const MOST_INSTANCES = 1_000;

/** Watches the laboratory that this service is in, on the connection that it has there. */
@Injectable()
export class LaboratoryWatch implements OnModuleDestroy {
  private sight: LaboratorySight | undefined;
  private subscription: Subscription | undefined;
  private readonly unwatch: () => void;
  private readonly listeners = new Set<() => void>();

  constructor(
    current: CurrentEngagement,
    private readonly shelf: RunShelf,
  ) {
    this.unwatch = current.watch((view) => this.change(view));
    this.change(current.now);
  }

  get now(): LaboratorySight | undefined {
    return this.sight;
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
    this.unwatch();
    this.subscription?.unsubscribe();
  }

  private change(view: EngagementView | undefined): void {
    this.subscription?.unsubscribe();
    this.subscription = undefined;
    this.sight = view && { view, board: new PresenceBoard(() => undefined), follower: new RunFollower() };
    if (view?.link && view.ports && this.sight) {
      const { board } = this.sight;
      this.subscription = view.link.nc.subscribe(view.ports.subjects.control('lab', 'presence'), {
        callback: (error, message) => error === null && hear(board, message.data),
      });
    }
    for (const listener of this.listeners) listener();
  }
}

function hear(board: PresenceBoard, bytes: Uint8Array): void {
  const packet = said.safeParse(jsonOf(bytes));
  if (!packet.success) return;
  const presence = packet.data.data as unknown as Presence;
  if (board.knows(presence.instance) || board.heardOf < MOST_INSTANCES) board.post(presence);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
