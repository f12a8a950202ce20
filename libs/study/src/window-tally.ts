import { type Stage, STAGES } from '@faultline/audit';
import { Histogram, type HistogramData, type LatencySummary, perSecond } from '@faultline/stats';
import type { KeptFault } from './fault-buffer';
import { LATENCY_PARTS, type LatencyPart } from './figures';

type Figures = Record<string, number | null>;

/** Faults of some devices that settled in the window, and latencies of those that were sent in it. */
class Settled {
  count = 0;
  readonly latency = new Histogram();
}

/**
 * What the faults of a window amount to. A fault counts for the rate when it settled in the window, and for latencies when it was sent
 * in it, so that slow ones are not left out for ending late.
 */
export class WindowTally {
  private readonly all = new Settled();
  private readonly stages = new Map<Stage, Histogram>(STAGES.map((stage) => [stage, new Histogram()]));
  private readonly apart: Map<string, Settled>;
  private readonly groupsOfDevice = new Map<number, Settled[]>();
  /** Time under way within the window, of all faults together. */
  private insideMicros = 0;

  constructor(
    private readonly fromMicros: number,
    private readonly toMicros: number,
    /** How many faults each one stands for. */
    private readonly weight: number,
    { devices, apart }: { devices: readonly string[]; apart: readonly string[] },
  ) {
    this.apart = new Map(apart.map((name) => [name, new Settled()]));
    for (const [name, settled] of this.apart)
      for (const device of membersOf(name, devices))
        this.groupsOfDevice.set(device, [...(this.groupsOfDevice.get(device) ?? []), settled]);
  }

  take(fault: KeptFault): void {
    const { fromMicros, toMicros, weight } = this;
    const { sentMicros, settledMicros } = fault;
    const groups = [this.all, ...(this.groupsOfDevice.get(fault.device) ?? [])];
    const inside = Math.min(settledMicros, toMicros) - Math.max(sentMicros, fromMicros);
    if (inside > 0) this.insideMicros += inside * weight;
    if (settledMicros >= fromMicros && settledMicros <= toMicros)
      for (const group of groups) group.count += weight;
    if (sentMicros < fromMicros || sentMicros > toMicros) return;
    for (const group of groups) group.latency.record(settledMicros - sentMicros, weight);
    for (const [stage, histogram] of this.stages) histogram.record(fault.stageMicros(stage), weight);
  }

  figures(): Figures {
    const { lengthMicros } = this;
    const meanOf = (stage: Stage): number => this.stages.get(stage)?.meanMicros ?? 0;
    const isEmpty = this.all.latency.count === 0;
    return {
      throughput: this.rateOf(this.all),
      inFlight: lengthMicros > 0 ? this.insideMicros / lengthMicros : null,
      'queueing.mean': isEmpty ? null : meanOf('iommuToQueue') + meanOf('queueWait'),
      ...latencyFigures('latency', this.all.latency.summary()),
      ...Object.assign(
        {},
        ...[...this.stages].map(([stage, histogram]) =>
          latencyFigures(`stage.${stage}`, histogram.summary()),
        ),
      ),
    };
  }

  apartFigures(name: string): Figures {
    const settled = this.apart.get(name) ?? new Settled();
    return {
      [`device.${name}.throughput`]: this.rateOf(settled),
      ...latencyFigures(`device.${name}.latency`, settled.latency.summary()),
    };
  }

  histograms(): { endToEnd: HistogramData } & Record<Stage, HistogramData> {
    const stages = [...this.stages].map(([stage, histogram]) => [stage, histogram.toData()] as const);
    return {
      endToEnd: this.all.latency.toData(),
      ...(Object.fromEntries(stages) as Record<Stage, HistogramData>),
    };
  }

  private get lengthMicros(): number {
    return this.toMicros - this.fromMicros;
  }

  private rateOf({ count }: Settled): number | null {
    return this.lengthMicros > 0 ? perSecond(count, this.lengthMicros) : null;
  }
}

/** Numbers of the devices of a name, or of all copies of an entry with that name. */
export function membersOf(name: string, devices: readonly string[]): number[] {
  const isMember = (device: string): boolean =>
    device === name || (device.startsWith(`${name}-`) && /^\d+$/.test(device.slice(name.length + 1)));
  return devices.flatMap((device, number) => (isMember(device) ? [number] : []));
}

/** Null for what nothing was recorded of. */
export function latencyFigures(prefix: string, summary: LatencySummary): Figures {
  const parts: Record<LatencyPart, number> = {
    mean: summary.meanMicros,
    p50: summary.p50Micros,
    p90: summary.p90Micros,
    p99: summary.p99Micros,
    p999: summary.p999Micros,
    max: summary.maxMicros,
  };
  return Object.fromEntries(
    LATENCY_PARTS.map((part) => [`${prefix}.${part}`, summary.count === 0 ? null : parts[part]]),
  );
}
