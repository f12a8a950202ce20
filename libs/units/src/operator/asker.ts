import type { ControlVerbs } from '@faultline/contracts';

/** The control plane, as whoever carries a scenario out uses it. */
export interface Asker {
  /** Resolves with the answer of the unit's owner, whoever that is by then; rejects when there is none within the patience. */
  ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    patienceMillis?: number,
  ): Promise<ControlVerbs[V]['reply']>;
}
