import type { Presence } from '@faultline/contracts';
import type { CurrentEngagement } from '../current-engagement';
import { settlesWithin } from '../waiting';

/** How long the server may take to answer before it counts as not reachable. */
const ANSWER_MILLIS = 1_000;

/** How a process is, for who decides whether to send it work, or to start it anew. */
export interface Health {
  /** NATS answers on the connection that the process works with, and what it serves has not failed. */
  ready: boolean;
  /** For what is not ready: why, in one line. */
  reason?: string;
  /** The laboratory that it serves; absent while it serves none. */
  lab?: { name: string; state: Presence['state'] };
}

/**
 * Looks now, at the connections themselves: one of the probe's own may work while the process is cut off. Never rejects, and takes at
 * most a second.
 */
export async function healthOf(
  current: Pick<CurrentEngagement, 'now' | 'siteLink' | 'config'>,
): Promise<Health> {
  const { now } = current;
  const lab = now?.presence && { name: now.config.lab, state: now.presence.state };
  const reason = await troubleOf(current);
  return {
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    ...(lab ? { lab } : {}),
  };
}

async function troubleOf({
  now,
  siteLink,
  config,
}: Pick<CurrentEngagement, 'now' | 'siteLink' | 'config'>): Promise<string | undefined> {
  if (now?.presence?.state === 'failed')
    return `it failed in laboratory ${now.config.lab}: ${now.presence.reason ?? 'its log says why'}`;
  const links = [siteLink, now?.link].filter((link) => link !== undefined);
  if (links.length === 0)
    return config.site === undefined ? 'it serves no laboratory yet' : 'it does not stand at its site yet';
  let answers = 0;
  // Asked anew each time: an answer that was lost with its connection is not waited for.
  const asked = links.map((link) => link.nc.rtt().then(() => (answers += 1)));
  await settlesWithin(Promise.all(asked), ANSWER_MILLIS);
  return answers === links.length ? undefined : `NATS did not answer within ${ANSWER_MILLIS / 1_000} s`;
}
