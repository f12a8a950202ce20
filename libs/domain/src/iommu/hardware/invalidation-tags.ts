import type { HardwareEvent } from './events';
import type { CommandQueue, HardwareState } from './state';

/** The count of a completion message has three bits, in which 8 is 0; what is counted against it has no more. */
const COMPLETION_COUNTS = 8;

/** The lowest free tag, or -1. */
export function freeTag(tags: CommandQueue['tags']): number {
  return tags.indexOf(null);
}

/** Tags in use. */
export function tagsInUse(tags: CommandQueue['tags']): number {
  return tags.filter((tag) => tag !== null).length;
}

/**
 * A completion message of a device: it names tags and how many such messages each needs (R27). Tags are taken from the lowest; one
 * that is idle or another device's makes the message unexpected, ends it there, and wakes nothing.
 */
export function decideCompletion(
  state: HardwareState,
  deviceId: number,
  tags: readonly number[],
  count: number,
): HardwareEvent[] {
  const events: HardwareEvent[] = [];
  const freed: number[] = [];
  for (const tag of [...tags].sort((one, other) => one - other)) {
    const use = state.commands.tags[tag] ?? null;
    if (use === null || use.deviceId !== deviceId) {
      events.push({ kind: 'InvalidationCompletionReceived', result: 'unexpected' });
      return events;
    }
    const received = (use.received + 1) % COMPLETION_COUNTS;
    const isLast = received === count % COMPLETION_COUNTS;
    if (isLast) freed.push(tag);
    events.push({ kind: 'InvalidationCompletionCounted', tag, received, freed: isLast });
  }
  events.push({ kind: 'InvalidationCompletionReceived', result: 'accepted' });
  return [...events, ...wake(state, freed)];
}

/** The IOMMU gives up waiting for some tags; the next fence reports it (R62). */
export function decideExpiry(state: HardwareState, tags: readonly number[]): HardwareEvent[] {
  const expired = tags.filter((tag) => (state.commands.tags[tag] ?? null) !== null);
  return [{ kind: 'InvalidationsExpired', tags: expired }, ...wake(state, expired)];
}

/** Once tags are free, an invalidation that waits for one is sent; a waiting fence runs again when none is in use. */
function wake(state: HardwareState, freed: readonly number[]): HardwareEvent[] {
  const { tags, untagged, fenceWaiting } = state.commands;
  const after = tags.map((use, tag) => (freed.includes(tag) ? null : use));
  if (untagged !== null && freeTag(after) >= 0) {
    return [{ kind: 'InvalidationSent', tag: freeTag(after), invalidation: untagged }];
  }
  return fenceWaiting && tagsInUse(after) === 0 ? [{ kind: 'FenceReleased' }] : [];
}
