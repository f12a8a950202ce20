import type {
  ResolvedProcess,
  ResolvedScenario,
  ResolvedStep,
  ResolvedSynthetic,
  StepAction,
  StepActionName,
} from '@faultline/contracts';
import { MAX_PASID, Permission, shardOfPasid } from '@faultline/domain';
import fc from 'fast-check';
import { areas, askable, smallScenario, workload } from './scenario-arbitrary';

type Areas = typeof areas extends fc.Arbitrary<infer T> ? T : never;
type Workload = typeof workload extends fc.Arbitrary<infer T> ? T : never;

/** A process that may come later, with what one device then does for it. */
interface Late {
  areas: Areas;
  device: number;
  workload: Workload;
}

/** What somebody would like to happen; it does if it can. */
interface Wish {
  action: StepActionName;
  pick: number;
  offset: number;
  pages: number;
  permissions: number;
  /** So many more accesses end before. */
  after: number;
}

const { READ, WRITE } = Permission;

const wish: fc.Arbitrary<Wish> = fc.record({
  action: fc.constantFrom<StepActionName>(
    ...(['start', 'start', 'exit', 'unbind', 'unbind', 'unmap', 'protect', 'migrate', 'reclaim'] as const),
    ...(['remove-device', 'surprise-remove', 'hang-device', 'hang-device', 'reset-device'] as const),
    ...(['remove-queue', 'add-queue', 'replace-domain', 'replace-domain'] as const),
  ),
  pick: fc.nat({ max: 11 }),
  offset: fc.nat({ max: 12 }),
  pages: fc.integer({ min: 1, max: 12 }),
  permissions: fc.constantFrom(READ, READ | WRITE, 0),
  after: fc.constantFrom(0, 0, 5, 20, 40),
});

const late: fc.Arbitrary<Late> = fc.record({ areas, device: fc.nat({ max: 3 }), workload });

/** Random small scenarios in which processes come and go, memory changes, and devices vanish, hang and are reset. */
export const livelyScenario: fc.Arbitrary<ResolvedScenario> = fc
  .tuple(smallScenario, fc.array(late, { maxLength: 2 }), fc.array(wish, { minLength: 1, maxLength: 8 }))
  .map(([scenario, lates, wishes]) => new TimelinePlan(scenario, lates).take(wishes));

interface Person extends ResolvedProcess {
  exited: boolean;
  bound: boolean;
}

/** Makes of wishes what the command line would accept as a timeline. */
class TimelinePlan {
  private readonly people: Person[];
  private readonly steps: ResolvedStep[] = [];
  private readonly gone = new Set<number>();
  private readonly hung = new Set<number>();
  private readonly queueless = new Set<number>();
  private readonly scenario: ResolvedScenario;
  private ended = 0;

  constructor(
    scenario: ResolvedScenario,
    private readonly lates: Late[],
  ) {
    this.scenario = {
      ...scenario,
      devices: scenario.devices.map((device) => ({ ...device, workloads: [...device.workloads] })),
    };
    this.people = scenario.processes.map((process) => ({ ...process, exited: false, bound: true }));
  }

  take(wishes: readonly Wish[]): ResolvedScenario {
    for (const each of wishes) {
      // Nothing goes on at a device that hangs, so nobody can wait for it.
      const waits = each.after > 0 && this.hung.size === 0;
      const action = this.actionOf(each);
      if (!action) continue;
      this.ended += waits ? each.after : 0;
      this.steps.push(waits ? { after: { accesses: this.ended }, do: action } : { do: action });
    }
    for (const device of this.hung)
      this.steps.push({ do: { action: 'reset-device', ...this.nameOf(device) } });
    const processes = this.people.map(({ exited: _exited, bound: _bound, ...process }) => process);
    return { ...this.scenario, processes, timeline: this.steps };
  }

  private actionOf(asked: Wish): StepAction | undefined {
    switch (asked.action) {
      case 'start':
        return this.start(asked);
      case 'exit':
      case 'unbind':
      case 'unmap':
      case 'protect':
      case 'migrate':
      case 'replace-domain':
        return this.toProcess(asked.action, asked);
      case 'reclaim':
        return { action: 'reclaim', shard: asked.pick % this.scenario.shards.length, pages: asked.pages };
      case 'remove-queue':
      case 'add-queue':
        return this.toQueue(asked.action, asked);
      default:
        return this.toDevice(asked.action, asked);
    }
  }

  private start({ pick }: Wish): StepAction | undefined {
    const next = this.lates[0];
    const device = next && this.scenario.devices[next.device % this.scenario.devices.length];
    if (!next || !device || this.gone.has(device.device)) return undefined;
    this.lates.shift();
    const person = this.newcomer(this.freePasid(pick), next.areas);
    const { process: _process, ...draw } = next.workload;
    const added: ResolvedSynthetic = {
      ...{ source: 'synthetic', mm: person.mm, pasid: person.pasid },
      ...{ startPage: person.vmas[0]?.startPage ?? 0, stridePages: 3, exponent: 0.9 },
      ...draw,
      mix: askable(draw.mix, this.scenario.iommus[device.iommu]),
    };
    device.workloads.push(added);
    return { action: 'start', ...ofProcess(person) };
  }

  /** One that somebody had and nobody has any more, or a new one. */
  private freePasid(pick: number): number {
    const taken = new Set(this.people.filter(({ bound }) => bound).map(({ pasid }) => pasid));
    const free = [...new Set(this.people.map(({ pasid }) => pasid))].filter((pasid) => !taken.has(pasid));
    const used = pick % 3 === 0 ? undefined : free[0];
    return used ?? MAX_PASID - 100 - this.people.length;
  }

  private newcomer(pasid: number, drawn: Areas): Person {
    const mm = this.people.length;
    const shard = shardOfPasid(pasid, this.scenario.shards.length);
    const vmas = [...drawn];
    const person: Person = {
      ...{ mm, name: `process${mm}`, pasid, shard, vmas, starts: 'timeline' },
      ...{ exited: false, bound: true },
    };
    this.people.push(person);
    return person;
  }

  private toProcess(
    action: 'exit' | 'unbind' | 'unmap' | 'protect' | 'migrate' | 'replace-domain',
    asked: Wish,
  ): StepAction | undefined {
    const able = this.people.filter((each) =>
      action === 'unbind' || action === 'replace-domain' ? each.bound : !each.exited,
    );
    const person = able[asked.pick % Math.max(1, able.length)];
    if (!person) return undefined;
    const { pages } = asked;
    const range = { ...ofProcess(person), startPage: (person.vmas[0]?.startPage ?? 0) + asked.offset, pages };
    switch (action) {
      case 'exit':
        person.exited = true;
        return { action, ...ofProcess(person) };
      case 'unbind':
        person.bound = false;
        for (const { device, workloads } of this.scenario.devices)
          if (workloads.some(({ pasid }) => pasid === person.pasid)) this.hung.delete(device);
        return { action, ...ofProcess(person) };
      case 'protect':
        return { action, ...range, permissions: asked.permissions };
      case 'replace-domain':
        return this.replace(person);
      default:
        return { action, ...range };
    }
  }

  private replace(person: Person): StepAction | undefined {
    const device = this.scenario.devices.find(
      (each) => !this.gone.has(each.device) && each.workloads.some(({ pasid }) => pasid === person.pasid),
    );
    if (!device) return undefined;
    person.bound = false;
    const by = this.newcomer(person.pasid, []);
    by.vmas.push(...person.vmas);
    return {
      action: 'replace-domain',
      ...ofProcess(person),
      ...{ by: by.name, byMm: by.mm },
      ...this.nameOf(device.device),
    };
  }

  private toDevice(
    action: 'remove-device' | 'surprise-remove' | 'hang-device' | 'reset-device',
    { pick }: Wish,
  ): StepAction | undefined {
    const here = this.scenario.devices.filter(({ device }) => !this.gone.has(device));
    const device = here[pick % Math.max(1, here.length)]?.device;
    if (device === undefined || (action === 'hang-device' && this.hung.has(device))) return undefined;
    if (action === 'hang-device') this.hung.add(device);
    else this.hung.delete(device);
    if (action === 'remove-device' || action === 'surprise-remove') this.gone.add(device);
    return { action, ...this.nameOf(device) };
  }

  private toQueue(action: 'remove-queue' | 'add-queue', { pick }: Wish): StepAction | undefined {
    const iommu = this.scenario.iommus[pick % this.scenario.iommus.length]?.iommu ?? 0;
    if (this.queueless.has(iommu) !== (action === 'add-queue')) return undefined;
    if (action === 'remove-queue') this.queueless.add(iommu);
    else this.queueless.delete(iommu);
    return { action, name: `iommu${iommu}`, iommu };
  }

  private nameOf(device: number): { name: string; device: number } {
    return { name: `device${device}`, device };
  }
}

function ofProcess({ name, mm, pasid }: ResolvedProcess): { process: string; mm: number; pasid: number } {
  return { process: name, mm, pasid };
}
