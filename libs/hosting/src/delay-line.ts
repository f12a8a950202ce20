import { Fifo } from './fifo';
import type { ModelTime } from './model-time';

/**
 * A distance that everything takes the same model time to travel: what goes in first comes out first. Timers alone do not promise
 * that, because one that fires early is set again.
 */
export class DelayLine<Item> {
  private readonly travelling = new Fifo<Item>();

  constructor(
    private readonly time: ModelTime,
    private readonly modelMicros: number,
    private readonly arrive: (item: Item) => void,
  ) {}

  push(item: Item): void {
    this.travelling.push(item);
    this.time.after(this.modelMicros, () => {
      const oldest = this.travelling.shift();
      if (oldest !== undefined) this.arrive(oldest);
    });
  }
}
