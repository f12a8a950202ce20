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
]);

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
