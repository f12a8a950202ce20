/** A unit's state at a sequence, as bytes. */
export interface Checkpoint {
  sequence: number;
  bytes: Uint8Array;
}

/** States on the way through the logs of some units, from which a later question goes on; as many as a limit allows. */
export class Checkpoints {
  /** By unit of a run; the one that was asked for last is the last. */
  private readonly kept = new Map<string, Checkpoint[]>();
  private size = 0;

  constructor(private readonly mostBytes: number) {}

  /** The last one that is not after the sequence. */
  before(key: string, sequence: number): Checkpoint | undefined {
    const checkpoints = this.kept.get(key);
    if (!checkpoints) return undefined;
    this.kept.delete(key);
    this.kept.set(key, checkpoints);
    return checkpoints.findLast((each) => each.sequence <= sequence);
  }

  keep(key: string, checkpoint: Checkpoint): void {
    const checkpoints = this.kept.get(key) ?? [];
    const place = checkpoints.findIndex((each) => each.sequence >= checkpoint.sequence);
    if (checkpoints[place]?.sequence === checkpoint.sequence) return;
    checkpoints.splice(place < 0 ? checkpoints.length : place, 0, checkpoint);
    this.kept.delete(key);
    this.kept.set(key, checkpoints);
    this.size += checkpoint.bytes.length;
    this.evict(key);
  }

  get bytes(): number {
    return this.size;
  }

  /** Those of units that nobody asked for lately go first, then every other one of this unit. */
  private evict(key: string): void {
    while (this.size > this.mostBytes) {
      const [oldest = key] = this.kept.keys();
      const checkpoints = this.kept.get(oldest) ?? [];
      const rest = oldest === key ? checkpoints.filter((_, place) => place % 2 === 1) : [];
      if (rest.length === 0) this.kept.delete(oldest);
      else this.kept.set(oldest, rest);
      const bytesOf = (some: readonly Checkpoint[]): number =>
        some.reduce((sum, each) => sum + each.bytes.length, 0);
      this.size -= bytesOf(checkpoints) - bytesOf(rest);
    }
  }
}
