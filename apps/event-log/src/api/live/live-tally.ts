import {
  type DecodedMessage,
  EventCounters,
  FaultAssembler,
  measureStages,
  type OpenFault,
  STAGES,
  unitIndex,
} from '@faultline/audit';
import type { LogEvent } from '@faultline/contracts';
import { StageHistograms } from '@faultline/stats';
import { QueueLedger, type QueueLook } from './queue-ledger';

/** What the faults of one device came to so far. */
export interface DeviceLook {
  device: number;
  /** Faults that were sent and have not settled. */
  open: number;
  settled: number;
  retried: number;
}

/** Latencies of what settled in some time; times are null where nothing did. */
export interface StageLook {
  count: number;
  p50Micros: number | null;
  p99Micros: number | null;
  meanMicros: number | null;
}

/** How far the laboratory is, counted from its beginning. */
export interface TallyTotals {
  messages: number;
  events: number;
  faults: number;
  open: number;
  retries: number;
  overflows: number;
  dropped: number;
  accessesEnded: number;
}

/** Counts a run while it is recorded: fed every message once, in log order. Memory holds what is open. */
export class LiveTally {
  private readonly queues = new QueueLedger();
  private readonly counters = new EventCounters();
  private readonly devices = new Map<number, { settled: number; retried: number }>();
  private readonly epochs = new Map<string, number>();
  private readonly assembler = new FaultAssembler((fault) => this.settle(fault));
  private window = new StageHistograms([...STAGES, 'total']);
  private readonly totals = {
    messages: 0,
    events: 0,
    faults: 0,
    retries: 0,
    overflows: 0,
    dropped: 0,
    accessesEnded: 0,
  };
  private reason: 'finished' | 'stopped' | 'failed' | null = null;

  observe(message: DecodedMessage): void {
    const { unit, epoch } = message.headers;
    this.epochs.set(unit, epoch);
    this.totals.messages += 1;
    this.totals.events += message.events.length;
    const iommu = unitIndex(unit);
    for (const event of message.events) {
      this.queues.take(event, iommu);
      this.counters.take(event);
      this.count(event);
    }
    this.assembler.observe(message);
  }

  /** Why the run ended, when its log says that it has. */
  get ended(): 'finished' | 'stopped' | 'failed' | null {
    return this.reason;
  }

  get total(): TallyTotals {
    return { ...this.totals, open: this.assembler.openFaults };
  }

  /** Which owner of each unit wrote last. */
  get owners(): ReadonlyMap<string, number> {
    return this.epochs;
  }

  counts(): Record<string, number> {
    return { ...this.counters.byKind, ...this.counters.byCause };
  }

  queueLooks(nowMicros: number): QueueLook[] {
    return this.queues.looks(nowMicros);
  }

  deviceLooks(): DeviceLook[] {
    const open = this.assembler.openByDevice();
    const devices = [...new Set([...open.keys(), ...this.devices.keys()])].sort((one, other) => one - other);
    return devices.map((device) => ({
      ...{ device, open: open.get(device) ?? 0 },
      ...(this.devices.get(device) ?? { settled: 0, retried: 0 }),
    }));
  }

  /** Latencies of what settled since the last call, by stage and from end to end. */
  takeStages(): Record<string, StageLook> {
    const { window } = this;
    this.window = new StageHistograms([...STAGES, 'total']);
    return Object.fromEntries(
      ([...STAGES, 'total'] as const).map((stage) => {
        const { count, p50Micros, p99Micros, meanMicros } = window.of(stage).summary();
        const none = { count, p50Micros: null, p99Micros: null, meanMicros: null };
        return [stage, count === 0 ? none : { count, p50Micros, p99Micros, meanMicros }];
      }),
    );
  }

  private count(event: LogEvent): void {
    const { totals } = this;
    if (event.kind === 'RingOverflowSet') totals.overflows += 1;
    else if (event.kind === 'PageRequestDropped') totals.dropped += 1;
    else if (event.kind === 'AccessEnded') totals.accessesEnded += 1;
    else if (event.kind === 'AccessesHit') totals.accessesEnded += event.atcHits + event.translated;
    else if (event.kind === 'RunEnded') this.reason = event.reason;
  }

  private settle(fault: OpenFault): void {
    const { device } = fault.record;
    let counted = this.devices.get(device);
    if (!counted) this.devices.set(device, (counted = { settled: 0, retried: 0 }));
    counted.settled += 1;
    this.totals.faults += 1;
    if (fault.settlement === 'retried' || fault.settlement === 'stalled-again') {
      counted.retried += 1;
      this.totals.retries += 1;
    }
    const { stages, totalMicros } = measureStages(fault.instants, fault.model);
    this.window.record({ stages: { ...stages, total: totalMicros }, totalMicros });
  }
}
