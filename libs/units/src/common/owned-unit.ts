/** A unit as whoever owns it runs it. */
export interface OwnedUnit {
  readonly name: string;
  /** Takes the unit over, or begins it; resolves when it serves. */
  start(): Promise<void>;
  /** Stops taking in, lets what was decided reach the log, and resolves: another owner may begin. */
  close(): Promise<void>;
  /** What it answers, when nobody else owns the unit; rejects with `Deposed` otherwise. */
  asOwner<T>(answer: () => Promise<T> | T): Promise<T>;
}
