import type { ConfigDifference } from './errors';

/** Stream settings that nats-server changes in place (2.9 and newer). */
export const MUTABLE_STREAM_FIELDS: ReadonlySet<string> = new Set([
  'description',
  'max_bytes',
  'max_msgs',
  'max_age',
  'max_msg_size',
  'max_msgs_per_subject',
  'duplicate_window',
  'discard',
  'allow_direct',
  'num_replicas',
]);

/** Settings of a durable pull consumer that nats-server changes in place. */
export const MUTABLE_CONSUMER_FIELDS: ReadonlySet<string> = new Set([
  'description',
  'ack_wait',
  'max_deliver',
  'max_ack_pending',
  'num_replicas',
]);

/** Why a setting that the server never changes matters, so that whoever meets it knows what he has before him. */
const MEANINGS: Readonly<Record<string, string>> = {
  storage: 'a log in memory is gone with its server',
  retention: 'the log must keep what was read',
  subjects: 'it keeps other messages than those of this laboratory',
  max_consumers: 'every reader and every queue needs one',
  mirror: 'a copy of another stream takes no messages',
  sources: 'messages of other streams would stand among its own',
  sealed: 'it takes no messages any more',
  deny_delete: 'it can never be trimmed',
  deny_purge: 'it can never be trimmed',
  no_ack: 'nobody learns whether a message was kept',
  filter_subject: 'it delivers other messages than those of its queue',
  ack_policy: 'what a dead worker held would be lost',
  deliver_policy: 'what was queued before it was made would be left out',
  replay_policy: 'it delivers as slowly as the messages came',
  deliver_subject: 'it pushes, and workers pull',
};

/** One difference for a person: what is, what is needed, and why. */
export function describeDifference({ field, current, wanted }: ConfigDifference): string {
  const [is, needed] = [current, wanted].map((value) => JSON.stringify(value) ?? 'unset');
  const meaning = MEANINGS[field];
  return `${field} is ${is}, needed ${needed}${meaning === undefined ? '' : `: ${meaning}`}`;
}

/** What of `wanted` is not so in `current`, each classified. Settings that are not wanted are left as they are. */
export function configDifferences(
  current: object,
  wanted: object,
  mutableFields: ReadonlySet<string>,
): ConfigDifference[] {
  const existing = new Map<string, unknown>(Object.entries(current));
  const differences: ConfigDifference[] = [];
  for (const [field, value] of Object.entries(wanted)) {
    const before = existing.get(field);
    if (same(before, value)) continue;
    differences.push({ field, current: before, wanted: value, mutable: mutableFields.has(field) });
  }
  return differences;
}

function same(current: unknown, wanted: unknown): boolean {
  // The server leaves out what is false or 0.
  if (current === undefined) return wanted === undefined || wanted === false || wanted === 0 || wanted === '';
  return JSON.stringify(current) === JSON.stringify(wanted);
}
