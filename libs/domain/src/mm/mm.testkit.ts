import { Permission } from '../kernel/vocabulary';
import type { MmCommand, RemovedEntry, RunResult } from './commands';
import type { MmConfig } from './config';
import type { Backing, MmEvent, PageInstalled, PageRemoved } from './events';
import { type AnyMmEvent, createMmShard } from './shard';
import { frameShown, type MmState } from './state';
import { hasReadyRun, isDurableMmEvent } from './stats';

export const R = Permission.READ;
export const W = Permission.WRITE;
export const X = Permission.EXECUTE;
export const RW = R | W;

/** The mm and PASID that most specs use. */
export const MM = 7;
export const PASID = 70;

/** A host without a log: decides, folds, and keeps what happened. Specs drive it step by step. */
export class ShardHost {
  readonly decider;
  readonly events: AnyMmEvent[] = [];
  readonly results: RunResult[] = [];
  state: MmState;
  private runs = 0;

  constructor(config: Partial<MmConfig> = {}) {
    this.decider = createMmShard({ shard: 0, frames: 64, reclaimBatch: 1, ...config });
    this.state = this.decider.initial();
  }

  /** A shard with one mm, bound, with an anonymous area of pages [0, 1000). */
  static withAnonymous(config: Partial<MmConfig> = {}, permissions = R | W | X): ShardHost {
    return ShardHost.withArea('anonymous', config, permissions);
  }

  /** A shard with one mm, bound, with an area of pages [0, 1000) that shows file 5 from its page 100 on. */
  static withArea(backing: Backing, config: Partial<MmConfig> = {}, permissions = R | W | X): ShardHost {
    const host = new ShardHost(config);
    host.send({ kind: 'CreateAddressSpace', mm: MM });
    host.send({ kind: 'BindPasid', pasid: PASID, mm: MM });
    host.map(MM, 0, 1000, backing, permissions);
    return host;
  }

  send(command: MmCommand): readonly AnyMmEvent[] {
    const events = this.decider.decide(this.state, command, 0);
    for (const event of events) {
      this.state = this.decider.evolve(this.state, event);
      this.events.push(event);
      if (event.kind === 'RunFinished') this.results.push(event.result);
    }
    return events;
  }

  map(mm: number, start: number, end: number, backing: Backing, permissions = R | W | X): void {
    const file = backing === 'anonymous' ? 0 : 5;
    const filePage = backing === 'anonymous' ? 0 : 100 + start;
    this.send({ kind: 'MapVma', mm, start, end, permissions, backing, file, filePage });
  }

  /** Opens a run with one member for each page. Returns its number. */
  open(pages: number[], permissions: number, pasid = PASID, generation = 1): number {
    this.runs += 1;
    const members = pages.map((page) => ({ pasid, generation, page, permissions }));
    this.send({ kind: 'HandleRun', run: { run: this.runs, members } });
    return this.runs;
  }

  /** Advances until no run is ready. Returns the events of it. */
  drain(): AnyMmEvent[] {
    const from = this.events.length;
    while (hasReadyRun(this.state)) this.send({ kind: 'Advance' });
    return this.events.slice(from);
  }

  /** Opens a run and advances until it ends or parks. Returns the durable events of it. */
  fault(page: number, permissions: number, pasid = PASID): MmEvent[] {
    this.open([page], permissions, pasid);
    return this.drain().filter(isDurableMmEvent);
  }

  invalidate(entries: readonly RemovedEntry[]): AnyMmEvent[] {
    return [...this.send({ kind: 'CompleteInvalidation', entries })];
  }

  /** The frame that an installed page shows. */
  shown(page: number, mm = MM): number | undefined {
    const space = this.state.durable.spaces.get(mm);
    return space === undefined ? undefined : frameShown(space, page);
  }

  resultOf(run: number): RunResult | undefined {
    return this.results.find((result) => result.run === run);
  }

  get lastResult(): RunResult | undefined {
    return this.results[this.results.length - 1];
  }
}

/** The installed entries among events. */
export function installs(events: readonly AnyMmEvent[]): PageInstalled[] {
  return events.filter((event): event is PageInstalled => event.kind === 'PageInstalled');
}

/** The removed entries among events. */
export function removals(events: readonly AnyMmEvent[]): PageRemoved[] {
  return events.filter((event): event is PageRemoved => event.kind === 'PageRemoved');
}

/** Kinds of events, in order. */
export function kinds(events: readonly AnyMmEvent[]): string[] {
  return events.map((event) => event.kind);
}
