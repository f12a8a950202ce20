import {
  costProfiles,
  decodeLogBody,
  type HandleReply,
  handleSchema,
  type HandleRequest,
  type InvalidatePages,
  invalidateSchema,
  type ResolvedIommu,
  type ResolvedProcess,
  type ResolvedScenario,
  type ResolvedSynthetic,
} from '@faultline/contracts';
import type { MmEvent } from '@faultline/domain';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { LaneClient, serveLane } from '../common';
import type { UnitVerb } from '../control';
import { unitsOfService } from '../path-unit';
import { MemoryUnitPorts, noTraces } from '../testkit/memory-unit.testkit';
import { type Asked, type Told, UnitOwner } from '../unit-owner';

type HandleRecord = ReturnType<typeof handleSchema.decode>[number];

const IOMMU = {
  model: 'pri',
  profile: 'riscv',
  priQueueEntries: 8,
  eventQueueEntries: 8,
  iotlbEntries: 8,
} as const;

/** Two processes, PASIDs 9 and 10, each with a device behind an IOMMU of its own, and a third IOMMU that nobody uses. */
export function scenarioOf(change: Partial<ResolvedScenario> = {}): ResolvedScenario {
  return {
    name: 'memory',
    seed: 1,
    profile: 'none',
    cost: costProfiles.none,
    timeScale: 1,
    queues: 'per-iommu',
    workers: { processes: 1, servers: 1, groupsPerMessage: 1 },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    iopf: { generation: 'G1', order: 'fifo', quantum: 1, window: 1 },
    deadlines: { teardownStepMicros: 0, invalidationMicros: 0 },
    shards: [shardOf({})],
    iommus: [0, 1, 2].map((iommu): ResolvedIommu => ({
      ...IOMMU,
      iommu,
      name: `iommu${iommu}`,
      segment: iommu,
    })),
    processes: [processOf(0, 9), processOf(1, 10)],
    devices: [deviceOf(0, 0, 9), deviceOf(1, 1, 10)],
    timeline: [],
    ...change,
  };
}

export function shardOf(
  change: Partial<ResolvedScenario['shards'][number]>,
): ResolvedScenario['shards'][number] {
  return { shard: 0, frames: 16, swapPages: 1000, reclaim: 'lru', faultAround: 1, premap: 1, ...change };
}

/** An area of 100 anonymous pages from page 0. */
function processOf(mm: number, pasid: number): ResolvedProcess {
  const backing = 'anonymous';
  const vma = { startPage: 0, pages: 100, permissions: 3, backing, file: 0, filePage: 0 } as const;
  return { mm, name: `process${mm}`, pasid, shard: 0, starts: 'begin', vmas: [vma] };
}

function deviceOf(device: number, mm: number, pasid: number): ResolvedScenario['devices'][number] {
  const workload: ResolvedSynthetic = {
    ...{
      source: 'synthetic',
      mm,
      pasid,
      accesses: 1,
      outstanding: 1,
      ratePerSecond: 0,
      arrivals: 'constant',
    },
    ...{ pattern: 'sequential', startPage: 0, pages: 100, stridePages: 1, exponent: 1 },
    mix: { read: 0, write: 1, execute: 0 },
  };
  const place = { device, name: `device${device}`, iommu: device, segment: device };
  const registers = { credits: 8, atcEntries: 8, pagesPerGroup: 1, responsePasidRequired: false };
  return { ...place, ...registers, responseTimeoutMicros: 0, hasHandler: true, workloads: [workload] };
}

/** The owner of mm shards, with IOMMUs that answer invalidations when the test says so, and a worker that the test speaks for. */
export class MmBench {
  readonly ports = new MemoryUnitPorts();
  readonly owner: UnitOwner;
  /** The log of shard 0. */
  readonly log: MmEvent[] = [];
  /** Invalidations that arrived, in order, and whom they came to. */
  readonly orders: { iommu: number; order: InvalidatePages }[] = [];
  /** Whether invalidations are answered at once; otherwise by `answer`. */
  answering = true;
  private readonly held: (() => void)[] = [];
  private readonly worker: LaneClient<HandleRequest, HandleRecord>;
  private readonly replies: HandleReply[] = [];
  private runs = 0;

  constructor(private readonly scenario = scenarioOf()) {
    const { ports } = this;
    this.owner = new UnitOwner(ports, scenario, noTraces);
    this.worker = new LaneClient(ports, {
      subject: ports.subjects.handle(0),
      schema: handleSchema,
      sender: { unit: 'worker', epoch: 1 },
      onReply: (records) => {
        for (const record of records) if (record.kind === 'HandleReply') this.replies.push(record);
      },
    });
  }

  /** Starts it with its processes created and bound. */
  static async started(scenario = scenarioOf()): Promise<MmBench> {
    const bench = new MmBench(scenario);
    await bench.start();
    for (const process of scenario.processes) {
      await bench.until('the process is there', bench.ask('mm-handler.create', process));
      await bench.until('it is bound', bench.ask('mm-handler.bind', process));
    }
    return bench;
  }

  /** Asks as the control plane does. */
  ask<V extends UnitVerb>(verb: V, request: Asked<V>): Told<V> {
    return this.owner.answer(verb, request);
  }

  /** Lets time pass until the promise has settled. */
  async until<T>(what: string, promise: Promise<T>): Promise<T> {
    let settled = false;
    void promise.then(
      () => (settled = true),
      () => (settled = true),
    );
    await this.passUntil(what, () => settled);
    return promise;
  }

  /** Lets time pass until the condition holds. */
  async passUntil(what: string, condition: () => boolean): Promise<void> {
    await eventually(what, () => {
      this.ports.clock.advance(10);
      const [failure] = this.ports.failures;
      if (failure) throw failure;
      return condition();
    });
  }

  /** Has a fault of each page handled, as one run; resolves with the worker's reply. */
  async handle(pages: number[], permissions: number, pasid = 9, generation = 1): Promise<HandleReply> {
    this.runs += 1;
    const run = this.runs;
    const members = pages.map((page) => ({ pasid, generation, page, permissions }));
    await this.until('the run is handled', this.worker.request({ kind: 'HandleRequest', run, members }));
    const reply = this.replies.find((each) => each.run === run);
    if (!reply) throw new Error(`run ${run} got no reply`);
    return reply;
  }

  /** All held invalidations are complete. */
  answer(): void {
    for (const reply of this.held.splice(0)) reply();
  }

  private async start(): Promise<void> {
    const { ports } = this;
    for (const { iommu } of this.scenario.iommus) {
      const unit = `iommu.${iommu}`;
      const head = invalidateSchema.encode([{ kind: 'Sender', unit, epoch: 1 }]);
      await serveLane(ports, ports.subjects.invalidateIommu(iommu), invalidateSchema, unit, (records) => {
        for (const order of records) if (order.kind === 'InvalidatePages') this.orders.push({ iommu, order });
        if (this.answering) return head;
        return new Promise((resolve) => this.held.push(() => resolve(head)));
      });
    }
    await ports.log.follow({
      subject: ports.subjects.mmLog(0),
      fromSequence: 1,
      onMessage: ({ headers, body }) =>
        void this.log.push(...(decodeLogBody(headers.schema, body) as MmEvent[])),
      onError: (error) => ports.fail(error),
    });
    for (const unit of unitsOfService('mm-handler', this.scenario))
      await this.until(`${unit} is open`, this.owner.open(unit));
  }
}
