import { hashOf } from '@faultline/domain';

/**
 * Rendezvous hashing (highest random weight): every member is weighed for the unit, and the heaviest has it. Members that look at the same
 * list agree without a word; when one comes or goes, only the units that it wins or had move.
 */
export function preferredMember(unit: string, members: readonly string[]): string | undefined {
  let best: string | undefined;
  let heaviest = -1;
  for (const member of members) {
    const weight = hashOf(`${unit}/${member}`);
    // Equal weights are decided by name, so that all decide alike.
    if (weight > heaviest || (weight === heaviest && best !== undefined && member < best)) {
      best = member;
      heaviest = weight;
    }
  }
  return best;
}
