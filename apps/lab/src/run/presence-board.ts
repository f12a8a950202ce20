import type { Presence } from '@faultline/contracts';
import { RunFailed } from '../errors';

/** What every instance last said about itself. */
export class PresenceBoard {
  private readonly last = new Map<string, Presence>();
  private readonly waiting = new Set<() => void>();

  /** `onFailure` is called when an instance says that it cannot go on. */
  constructor(private readonly onFailure: (error: RunFailed) => void) {}

  post(presence: Presence): void {
    this.last.set(presence.instance, presence);
    if (presence.state === 'failed') {
      this.onFailure(
        new RunFailed(`service ${presence.instance} failed: ${presence.reason ?? 'it did not say why'}`),
      );
    }
    for (const check of this.waiting) check();
  }

  /** Resolves when every instance is ready; never rejects, the caller sets the deadline. */
  async allReady(instances: readonly string[]): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.missing(instances).length > 0) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  /** Instances that are not ready, with what is known of them. */
  missing(instances: readonly string[]): string[] {
    return instances
      .filter((instance) => this.last.get(instance)?.state !== 'ready')
      .map((instance) => `${instance} (${this.last.get(instance)?.state ?? 'not heard of'})`);
  }

  /** Queues whose consumer had to be made anew, all told. */
  get repairedQueues(): number {
    return [...this.last.values()].reduce((sum, { repairedQueues = 0 }) => sum + repairedQueues, 0);
  }

  /** Messages that instances put to the dead letters, all told. */
  get deadLetters(): number {
    return [...this.last.values()].reduce((sum, presence) => sum + presence.deadLetters, 0);
  }
}
