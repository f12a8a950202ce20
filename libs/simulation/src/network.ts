import { drawSpread, SeededRandom } from '@faultline/domain';
import { MemoryLanes, type Scheduler } from '@faultline/hosting';
import { Link, type LinkTrouble } from './link';
import type { LaneCaller } from './linked-lanes';
import type { NetworkModel } from './network-model';
import type { VirtualClock } from './virtual-clock';

/** The bus, and what travels over it: each hop takes its time, drawn from the seed. */
export class Network {
  /** The lanes themselves take no time: the links to them do. */
  readonly lanes: MemoryLanes<LaneCaller>;
  private readonly random: SeededRandom;
  private readonly links = new Map<string, Link>();

  constructor(
    readonly model: NetworkModel,
    readonly clock: VirtualClock,
    seed: number,
  ) {
    this.random = new SeededRandom(seed).fork('network');
    this.lanes = new MemoryLanes({ clock, schedule: (task) => task() });
  }

  /** Runs a delivery when it has arrived. */
  readonly deliver: Scheduler = (task) => {
    this.clock.surely(drawSpread(this.random, this.model.hopMicros), task);
  };

  /** The cable of a process. Whoever has the name later has it too. */
  link(instance: string): Link {
    let link = this.links.get(instance);
    if (!link) {
      link = new Link(this.links.size, this.model, this.clock, this.random.fork(instance));
      this.links.set(instance, link);
    }
    return link;
  }

  /** Something is wrong with these cables from now on. Returns a function that ends it. */
  trouble(trouble: LinkTrouble, instances: readonly string[]): () => void {
    const links = instances.map((instance) => this.link(instance));
    const side = {};
    for (const link of links) link.begin(trouble, side);
    return () => {
      for (const link of links) link.end(trouble, side);
    };
  }

  hop(): Promise<void> {
    return this.pass(drawSpread(this.random, this.model.hopMicros));
  }

  pass(micros: number): Promise<void> {
    return new Promise((resolve) => this.clock.surely(micros, resolve));
  }
}
