import { setTimeout } from 'node:timers/promises';
import type { ChaosSystem } from '../kit/system';
import type { Act } from './plan';

/** Does what the plan says. What lasts goes on beside what comes next. */
export class ChaosHand {
  private readonly lasting = new Set<Promise<void>>();
  private natsIsDown = false;
  /** How often each verb was done. */
  readonly done: Record<string, number> = {};

  constructor(
    private readonly system: ChaosSystem,
    private readonly tell: (line: string) => void,
  ) {}

  act(act: Act): void {
    this.done[act.verb] = (this.done[act.verb] ?? 0) + 1;
    const doing = this.carryOut(act).catch((error: unknown) =>
      this.tell(`${act.verb} failed: ${String(error)}`),
    );
    this.lasting.add(doing);
    void doing.finally(() => this.lasting.delete(doing));
  }

  /** Resolves when nothing lasts any more. */
  async rest(): Promise<void> {
    await Promise.all(this.lasting);
  }

  private async carryOut({ verb, victim, lastsMillis }: Act): Promise<void> {
    if (verb === 'crash-nats') return this.crashNats();
    const member = this.system.fleet.member(victim);
    switch (verb) {
      case 'kill':
        return member.kill();
      case 'restart':
        return member.restart();
      case 'stop':
        member.stop();
        await setTimeout(lastsMillis);
        return member.cont();
      case 'cut':
      case 'break':
      case 'slow':
        return this.disturb(verb, victim, lastsMillis);
    }
  }

  /** Does something to the way between a process and NATS, for so long. */
  private async disturb(verb: 'cut' | 'break' | 'slow', victim: string, lastsMillis: number): Promise<void> {
    const cable = this.system.fleet.cableOf(victim);
    if (verb === 'cut') {
      this.tell(`cut ${victim} off silently`);
      cable.cutSilently();
    } else if (verb === 'break') {
      this.tell(`break the connections of ${victim}`);
      cable.cutOff();
    } else {
      this.tell(`slow ${victim} down`);
      cable.slow(20);
    }
    await setTimeout(lastsMillis);
    this.tell(`heal ${victim}`);
    cable.heal();
  }

  private async crashNats(): Promise<void> {
    if (this.natsIsDown) return;
    this.natsIsDown = true;
    await this.system.crashNats().finally(() => (this.natsIsDown = false));
  }
}
