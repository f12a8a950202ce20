const PRIMITIVE_BYTES = 4;
const CONTAINER_BYTES = 8;

/**
 * About how many bytes a state takes, by what is in it alone. The length of what an engine makes of it will not do: that depends on how
 * the engine happens to hold its numbers, and what is done when would differ between two runs of one simulation.
 */
export function weightOf(state: unknown): number {
  if (typeof state === 'string') return PRIMITIVE_BYTES + state.length;
  if (typeof state !== 'object' || state === null) return PRIMITIVE_BYTES;
  if (ArrayBuffer.isView(state)) return CONTAINER_BYTES + state.byteLength;
  let weight = CONTAINER_BYTES;
  for (const member of membersOf(state)) weight += weightOf(member);
  return weight;
}

/** What a container holds, with the keys of a map. By their names: classes are others where a state was decoded elsewhere. */
function membersOf(state: object): Iterable<unknown> {
  if (Array.isArray(state)) return state;
  const { [Symbol.toStringTag]: kind } = state as { [Symbol.toStringTag]?: string };
  if (kind === 'Map') return [...(state as Map<unknown, unknown>)].flat();
  if (kind === 'Set') return state as Set<unknown>;
  return Object.values(state);
}
