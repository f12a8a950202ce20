/** Why a command was refused; nothing happened. */
export type MmRefusal =
  | 'stale-epoch'
  | 'mm-exists'
  | 'mm-unknown'
  | 'mm-exited'
  | 'range-invalid'
  | 'range-taken'
  | 'pasid-invalid'
  | 'pasid-taken'
  | 'pasid-free'
  | 'count-invalid'
  | 'run-open';

/** A command asked for something the shard does not do; the caller is told `reason`, the state is as it was. */
export class MmCommandRefused extends Error {
  override readonly name = 'MmCommandRefused';

  constructor(
    readonly reason: MmRefusal,
    detail: string,
  ) {
    super(`${reason}: ${detail}`);
  }
}

/** The log and the state contradict each other: a defect, after which the unit must not go on. */
export class MmInvariantBroken extends Error {
  override readonly name = 'MmInvariantBroken';
}
