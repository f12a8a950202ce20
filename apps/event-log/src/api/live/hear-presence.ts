import type { Presence } from '@faultline/contracts';
import type { NatsLink } from '@faultline/messaging';
import type { PresenceBoard } from '@faultline/runtime';
import type { Subscription } from 'nats';
import { z } from 'zod';

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

/** Posts on the board what instances say of themselves on a subject. */
export function hearPresence(link: NatsLink, subject: string, board: PresenceBoard): Subscription {
  return link.nc.subscribe(subject, {
    callback: (error, message) => error === null && hear(board, message.data),
  });
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
