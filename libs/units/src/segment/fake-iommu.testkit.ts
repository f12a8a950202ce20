import {
  costProfiles,
  decodeLogBody,
  iommuHwSchema,
  invalidateSchema,
  pageRequestSchema,
  type ResolvedIommu,
  type ResolvedScenario,
  type ResolvedSynthetic,
  stopSchema,
  translateSchema,
} from '@faultline/contracts';
import type { DurableSegmentEvent } from '@faultline/domain';
import { serveLane } from '../common';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { MemoryUnitPorts, noTraces } from '../testkit/memory-unit.testkit';
import { SegmentUnit } from './segment-unit';

type RequestRecord = ReturnType<typeof pageRequestSchema.decode>[number];
type HwRecord = Parameters<typeof iommuHwSchema.encode>[0][number];

export const IOMMU: ResolvedIommu = {
  iommu: 0,
  name: 'iommu0',
  model: 'pri',
  profile: 'riscv',
  segment: 0,
  priQueueEntries: 64,
  eventQueueEntries: 64,
  iotlbEntries: 64,
};

/** Workload of 20 writes one after the other, two at a time. */
export function workloadOf(change: Partial<ResolvedSynthetic> = {}): ResolvedSynthetic {
  return {
    source: 'synthetic',
    mm: 0,
    pasid: 9,
    accesses: 20,
    outstanding: 2,
    ratePerSecond: 0,
    arrivals: 'constant',
    pattern: 'sequential',
    startPage: 100,
    pages: 50,
    stridePages: 1,
    exponent: 1,
    mix: { read: 0, write: 1, execute: 0 },
    ...change,
  };
}

/** One device behind one IOMMU. Process 0 starts at the beginning, process 1 later, with the same PASID. */
export function scenarioOf(workloads: ResolvedSynthetic[]): ResolvedScenario {
  const process = { pasid: 9, shard: 0, vmas: [] };
  const device = {
    device: 4,
    name: 'gpu',
    iommu: 0,
    segment: 0,
    credits: 8,
    atcEntries: 16,
    pagesPerGroup: 1,
  };
  return {
    name: 'devices',
    seed: 1,
    profile: 'none',
    cost: costProfiles.none,
    timeScale: 1,
    queues: 'per-iommu',
    workers: { processes: 1, servers: 1, groupsPerMessage: 1 },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    iopf: { generation: 'G1', order: 'fifo', quantum: 1, window: 1 },
    deadlines: { teardownStepMicros: 0, invalidationMicros: 0 },
    shards: [],
    iommus: [IOMMU],
    processes: [
      { ...process, mm: 0, name: 'first', starts: 'begin' },
      { ...process, mm: 1, name: 'second', starts: 'timeline' },
    ],
    devices: [
      { ...device, responsePasidRequired: false, responseTimeoutMicros: 0, hasHandler: true, workloads },
    ],
    timeline: [],
  };
}

/** A segment under test, and an IOMMU that says what the test wants. */
export class SegmentBench {
  readonly ports = new MemoryUnitPorts();
  readonly unit: SegmentUnit;
  /** Numbered records that arrived at the IOMMU, in order. */
  readonly requests: RequestRecord[] = [];
  readonly log: DurableSegmentEvent[] = [];
  /** Whether translations are granted; they miss otherwise. */
  mapped = false;
  private cycle = 0;
  /** What the IOMMU has written when it hears of the segment's epoch, and before it says so. */
  before: HwRecord[] = [];
  /** Newest epoch of the segment that was heard of. */
  private heard = 0;

  constructor(workloads: ResolvedSynthetic[]) {
    this.unit = new SegmentUnit(
      this.ports,
      scenarioOf(workloads),
      IOMMU,
      (error) => this.ports.fail(error),
      noTraces,
    );
  }

  async start(): Promise<void> {
    const { ports } = this;
    const { subjects } = ports;
    const head = { kind: 'Sender', unit: 'iommu.0', epoch: 1 } as const;
    await serveLane(ports, subjects.translate(0), translateSchema, 'iommu.0', (records) => {
      const permissions = this.mapped ? 3 : 0;
      const replies = records
        .filter((record) => record.kind === 'TranslateRequest')
        .map(({ translation }) => ({
          kind: 'TranslateReply' as const,
          translation,
          status: 'success' as const,
          permissions,
          frame: 7,
        }));
      return translateSchema.encode(replies, [head]);
    });
    await serveLane(
      ports,
      subjects.pageRequest(0),
      pageRequestSchema,
      'iommu.0',
      async ([sender, ...records]) => {
        if (sender?.kind === 'Sender' && sender.epoch > this.heard) {
          this.heard = sender.epoch;
          if (this.before.length > 0) await this.say(...this.before);
          await this.say({ kind: 'SegmentResetSeen', segment: 0, segmentEpoch: sender.epoch });
        }
        this.requests.push(...records);
        return pageRequestSchema.encode([head]);
      },
    );
    await ports.log.follow({
      subject: subjects.segmentLog(0),
      fromSequence: 1,
      onMessage: ({ headers, body }) =>
        void this.log.push(...(decodeLogBody(headers.schema, body) as DurableSegmentEvent[])),
      onError: (error) => ports.fail(error),
    });
    await this.until('the unit has started', this.unit.start());
  }

  /** Appends to the IOMMU's `hw`. */
  async say(...records: HwRecord[]): Promise<void> {
    this.cycle += 1;
    const headers = { schema: 'iommu.hw', version: 1, unit: 'iommu.0', epoch: 1, cycle: this.cycle };
    const body = iommuHwSchema.encode(records);
    await this.ports.log.append({
      subject: this.ports.subjects.hwLog(0),
      headers,
      body,
      id: `hw-${this.cycle}`,
    });
  }

  /** Asks the devices to stop the PASID; resolves with the reply's records. */
  stop(pasid = 9, epoch = 1): Promise<ReturnType<typeof stopSchema.decode>> {
    const body = stopSchema.encode([
      { kind: 'Sender', unit: 'iommu.0', epoch },
      { kind: 'StopPasidRequest', device: 4, pasid },
    ]);
    return this.ports.lanes
      .request(this.ports.subjects.stopSegment(0), body, 3_600_000)
      .then((reply) => stopSchema.decode(reply));
  }

  /** Invalidates the PASID in a device; resolves with the reply's records behind its sender. */
  async invalidate(device = -1, pasid = 9): Promise<ReturnType<typeof invalidateSchema.decode>> {
    const ranges = [{ page: 0, pages: 0 }];
    const body = invalidateSchema.encode([
      { kind: 'Sender', unit: 'iommu.0', epoch: 1 },
      { kind: 'InvalidatePages', device, pasid, mm: 0, shard: 0, sequence: 1, ranges },
    ]);
    const reply = await this.ports.lanes.request(this.ports.subjects.invalidateSegment(0), body, 1_000);
    return invalidateSchema.decode(reply).slice(1);
  }

  /** Lets time pass until the promise resolves, or the condition holds. */
  async until<T>(what: string, awaited: Promise<T> | (() => boolean)): Promise<void> {
    let done = typeof awaited === 'function' ? awaited : (): boolean => false;
    if (typeof awaited !== 'function') {
      let resolved = false;
      done = () => resolved;
      awaited.then(
        () => (resolved = true),
        (error: unknown) => this.ports.fail(error as Error),
      );
    }
    await eventually(what, () => {
      this.ports.clock.advance(1_000);
      const [failure] = this.ports.failures;
      if (failure) throw failure;
      return done();
    });
  }

  kinds(): string[] {
    return this.log.map((event) => event.kind);
  }
}
