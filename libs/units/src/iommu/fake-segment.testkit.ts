import {
  costProfiles,
  decodeLogBody,
  type DeviceResetMessage,
  invalidateSchema,
  iopfSchema,
  type LogEvent,
  pageRequestSchema,
  type PageRequestMessage,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedScenario,
  type ResolvedTrace,
  type StalledAccessMessage,
  stopSchema,
  translateSchema,
} from '@faultline/contracts';
import { serveLane, type UnitPorts } from '../common';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { IommuUnit } from './iommu-unit';

type RequestMessage = PageRequestMessage | StalledAccessMessage | DeviceResetMessage;
type Fields<T> = Partial<Omit<T, 'kind' | 'request' | 'segment'>>;

/** Deadlines of the scenario, in wall microseconds: the least that there are. */
export const DEADLINE_MICROS = 2_000_000;

/** What the device would do, had it a segment: the IOMMU learns from it which address spaces the device works for. */
function workloadOf(mm: number): ResolvedTrace {
  return {
    ...{ source: 'trace', format: 'csv', file: 'none', mm, pasid: mm, accesses: 0 },
    ...{ outstanding: 1, ratePerSecond: 0, arrivals: 'constant' },
  };
}

function deviceOf(device: number, change: Partial<ResolvedDevice> = {}): ResolvedDevice {
  return {
    device,
    name: `device${device}`,
    iommu: 0,
    segment: 0,
    credits: 8,
    atcEntries: 16,
    pagesPerGroup: 1,
    responsePasidRequired: false,
    responseTimeoutMicros: 0,
    hasHandler: true,
    workloads: [7, 8].map(workloadOf),
    ...change,
  };
}

/** The address space 9 may take the PASID 7 over. */
const replaced = { process: 'seven', mm: 7, pasid: 7, name: 'device1', device: 1, by: 'nine', byMm: 9 };

/** Two devices behind one IOMMU; device 2 waits 1 µs of model time for a response. */
export function scenarioOf(
  change: Partial<ResolvedScenario> = {},
  model: ResolvedIommu['model'] = 'pri',
): ResolvedScenario {
  return {
    name: 'iommu',
    seed: 1,
    profile: 'none',
    cost: costProfiles.none,
    timeScale: 1,
    queues: 'per-iommu',
    workers: { processes: 1, servers: 1, groupsPerMessage: 1 },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    iopf: { generation: 'G1', order: 'fifo', quantum: 1, window: 1 },
    deadlines: { teardownStepMicros: 1, invalidationMicros: 1 },
    shards: [{ shard: 0, frames: 64, swapPages: 0, reclaim: 'lru', faultAround: 1, premap: 1 }],
    iommus: [
      {
        iommu: 0,
        name: 'iommu0',
        model,
        profile: 'riscv',
        segment: 0,
        priQueueEntries: 64,
        eventQueueEntries: 64,
        iotlbEntries: 64,
      },
    ],
    processes: [],
    devices: [deviceOf(1), deviceOf(2, { responseTimeoutMicros: 1 })],
    timeline: [{ do: { action: 'replace-domain', ...replaced } }],
    ...change,
  };
}

/** An IOMMU under test, and a segment that does what the test wants. */
export class IommuBench {
  readonly ports = new MemoryUnitPorts();
  readonly unit: IommuUnit;
  readonly log: LogEvent[] = [];
  /** Orders of invalidation that arrived at the segment, by device, and PASIDs it was asked to stop. */
  readonly invalidated: number[] = [];
  readonly stops: { device: number; pasid: number }[] = [];
  /** Devices that hang: they answer neither stops nor invalidations until their reset. */
  readonly hung = new Set<number>();
  /** Whether a device that is cut off is reset, as its segment does. */
  resets = true;
  /** Of the segment's owner that answers, and asks. */
  segmentEpoch = 1;
  private request = 0;
  private readonly held: (() => void)[] = [];
  private beforeAnswer = (): Promise<void> => Promise.resolve();

  constructor(readonly scenario = scenarioOf()) {
    this.unit = this.successor();
  }

  /** Another owner of the IOMMU, which does nothing before it is started. */
  successor(change: Partial<UnitPorts> = {}): IommuUnit {
    const { ports, scenario } = this;
    const [iommu] = scenario.iommus;
    if (!iommu) throw new Error('an IOMMU');
    const changed = Object.assign(Object.create(ports) as UnitPorts, change);
    return new IommuUnit(changed, scenario, iommu, (error) => ports.fail(error));
  }

  /** Asks for a translation of a page; resolves with the reply. */
  async translate(
    page: number,
    segmentEpoch = this.segmentEpoch,
  ): Promise<ReturnType<typeof translateSchema.decode>> {
    const body = translateSchema.encode([
      { kind: 'Sender', unit: 'segment.0', epoch: segmentEpoch },
      { kind: 'TranslateRequest', translation: 1, device: 1, pasid: 7, page, permissions: 1 },
    ]);
    const { lanes, subjects } = this.ports;
    return translateSchema.decode(await lanes.request(subjects.translate(0), body, 60_000));
  }

  /** From now on the segment says nothing to invalidations and greetings before the test wants it. */
  holdSegment(): { asked: number; open(): void } {
    const held = { asked: 0, open: (): void => undefined };
    const opened = new Promise<void>((resolve) => (held.open = resolve));
    this.beforeAnswer = () => {
      held.asked += 1;
      return opened;
    };
    return held;
  }

  /** Starts everything, with both devices attached and bound to PASID 7 and 8. */
  async start(): Promise<this> {
    const { ports } = this;
    const { subjects } = ports;
    await serveLane(ports, subjects.invalidateSegment(0), invalidateSchema, 'segment.0', async (records) => {
      await this.beforeAnswer();
      const silent = new Set<number>();
      for (const record of records) {
        if (record.kind !== 'InvalidatePages') continue;
        this.invalidated.push(record.device);
        for (const device of this.hung)
          if (record.device === -1 || record.device === device) silent.add(device);
      }
      const replies = [...silent].map((device) => ({ kind: 'DeviceSilent', device }) as const);
      return invalidateSchema.encode(replies, [this.head]);
    });
    await serveLane(ports, subjects.stopSegment(0), stopSchema, 'segment.0', async (records) => {
      const asked = records.flatMap((record) => (record.kind === 'StopPasidRequest' ? [record] : []));
      this.stops.push(...asked.map(({ device, pasid }) => ({ device, pasid })));
      while (asked.some(({ device }) => this.hung.has(device)))
        await new Promise<void>((resolve) => this.held.push(resolve));
      return stopSchema.encode([
        this.head,
        ...asked.map((each) => ({ ...each, kind: 'PasidStoppedReply' }) as const),
      ]);
    });
    await ports.log.follow({
      subject: subjects.iommuLog(0),
      fromSequence: 1,
      onMessage: ({ headers, body }) => this.read(decodeLogBody(headers.schema, body)),
      onError: (error) => ports.fail(error),
    });
    await this.until('the start', this.unit.start());
    for (const device of this.scenario.devices) {
      await this.until('the device', this.unit.control.attach(device));
      for (const pasid of [7, 8])
        await this.until(
          'the binding',
          this.unit.control.bind({ device: device.device, pasid, mm: pasid, shard: 0, generation: 1 }),
        );
    }
    return this;
  }

  /** Lets time pass in small steps until the probe gives something, or the promise is kept. */
  async until<T>(what: string, probe: Promise<T> | (() => T), stepMicros = 100): Promise<T> {
    let kept: { value: T } | undefined;
    if (typeof probe !== 'function') void probe.then((value) => (kept = { value }));
    await eventually(what, () => {
      this.ports.clock.advance(stepMicros);
      if (typeof probe !== 'function') return kept !== undefined;
      const value = probe();
      if (value) kept = { value };
      return kept !== undefined;
    });
    const [failure] = this.ports.failures;
    if (failure) throw failure;
    if (!kept) throw new Error(what);
    return kept.value;
  }

  /** Kinds of what the IOMMU has logged since the bindings, the closing of cycles apart. */
  kinds(): string[] {
    return this.log.map(({ kind }) => kind).filter((kind) => kind !== 'CycleClosed');
  }

  /** A page request of a device, sent at once. */
  ask(change: Fields<PageRequestMessage> = {}): Promise<string[]> {
    const request = (this.request += 1);
    return this.send({
      kind: 'PageRequestMessage',
      segment: 0,
      request,
      device: 1,
      pasid: 7,
      page: 100,
      permissions: 3,
      groupId: request,
      last: true,
      round: 0,
      sentAtMicros: 1,
      ...change,
    });
  }

  /** An access of a stalling master. */
  access(change: Fields<StalledAccessMessage> = {}): Promise<string[]> {
    const request = (this.request += 1);
    return this.send({
      kind: 'StalledAccessMessage',
      segment: 0,
      request,
      device: 1,
      pasid: 7,
      page: 100,
      offset: 0,
      permissions: 3,
      sentAtMicros: 1,
      ...change,
    });
  }

  /** A worker's result is in the log. */
  async handled(group: number, code: 0 | 1): Promise<void> {
    await this.ports.log.append({
      subject: this.ports.subjects.iopfLog(0),
      headers: { schema: iopfSchema.name, version: iopfSchema.version, unit: 'worker', epoch: 0, cycle: 0 },
      body: iopfSchema.encode([
        {
          kind: 'GroupHandled',
          iommu: 0,
          epoch: 1,
          group,
          device: 1,
          code,
          startedAtMicros: 1,
          handlingAtMicros: 1,
          handledAtMicros: 1,
          members: [],
          positions: [],
        },
      ]),
      id: `handled-${group}`,
    });
  }

  /** What an mm shard asks; resolves with the completion. */
  invalidate(pasid: number): Promise<Uint8Array> {
    const order = { kind: 'InvalidatePages', device: -1, pasid, mm: pasid, shard: 0, sequence: 0 } as const;
    const body = invalidateSchema.encode([
      { kind: 'Sender', unit: 'mm.0', epoch: 1 },
      { ...order, ranges: [{ page: 1, pages: 1 }] },
    ]);
    return this.ports.lanes.request(this.ports.subjects.invalidateIommu(0), body, 60_000);
  }

  private async send(message: RequestMessage): Promise<string[]> {
    const body = pageRequestSchema.encode([this.head, message]);
    const reply = await this.ports.lanes.request(this.ports.subjects.pageRequest(0), body, 60_000);
    return pageRequestSchema.decode(reply).map(({ kind }) => kind);
  }

  private read(events: readonly LogEvent[]): void {
    for (const event of events) {
      this.log.push(event);
      if (event.kind !== 'DeviceFenced' || !this.resets) continue;
      this.hung.delete(event.device);
      for (const go of this.held.splice(0)) go();
      const request = (this.request += 1);
      void this.send({ kind: 'DeviceResetMessage', segment: 0, request, device: event.device });
    }
  }

  private get head() {
    return { kind: 'Sender', unit: 'segment.0', epoch: this.segmentEpoch } as const;
  }
}
