/**
 * Rendezvous hashing (highest random weight): every member is weighed for the unit, and the heaviest has it. Members that look at the same
 * list agree without a word; when one comes or goes, only the units that it wins or had move.
 */
export function preferredMember(unit: string, members: readonly string[]): string | undefined {
  let best: string | undefined;
  let heaviest = -1;
  for (const member of members) {
    const weight = weightOf(`${unit}/${member}`);
    // Equal weights are decided by name, so that all decide alike.
    if (weight > heaviest || (weight === heaviest && best !== undefined && member < best)) {
      best = member;
      heaviest = weight;
    }
  }
  return best;
}

/** FNV-1a with the finish of MurmurHash3, whose mixing keeps names that differ in one digit from weighing nearly the same. */
function weightOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1)
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
