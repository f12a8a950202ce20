import type { HostUse, LogEvent } from '@faultline/contracts';
import { type AuditReport, type FaultMeasures, type Stage, STAGES } from '@faultline/audit';
import { Histogram, type HistogramData, perSecond } from '@faultline/stats';
import { FaultBuffer } from './fault-buffer';
import { machineFigures } from './machine-figures';
import { latencyFigures, membersOf, WindowTally } from './window-tally';

/** What a meter is told of the run that it measures. */
export interface MeterOptions {
  /** Wall microseconds of one model microsecond; 1 for a simulation. */
  timeScale: number;
  /** The part of the run that rates and latencies are taken from, in shares of its length. */
  window: { from: number; to: number };
  /** Names of its devices, by number. */
  devices: readonly string[];
  /** Devices, or entries with copies, that have figures of their own. */
  apart: readonly string[];
}

/** What was measured of one run of a point. All times are model time. */
export interface Measured {
  figures: Record<string, number | null>;
  /** Of the faults in the window. */
  histograms: { endToEnd: HistogramData } & Record<Stage, HistogramData>;
  /** From the first fault sent to the last one settled, and what of it counts. */
  window: { fromMicros: number; toMicros: number; runMicros: number };
}

const UNKNOWN_USE: HostUse = { workers: [], mmLocks: [] };

/** Takes the faults of a run one by one, and says at its end what they amount to. */
export class PointMeter {
  private readonly buffer = new FaultBuffer();
  private readonly late = new Histogram();
  private readonly deviceFaults: { faults: number; unsettled: number }[] = [];
  /** When the first fault was sent, in wall time; times are counted from the first fault that was taken. */
  private origin: number | undefined;
  private firstMicros = Infinity;
  private lastMicros = 0;
  private faults = 0;
  private unsettled = 0;
  private retries = 0;
  private automatic = 0;

  constructor(private readonly options: MeterOptions) {}

  take(fault: FaultMeasures): void {
    const { timeScale } = this.options;
    const { sentAtMicros, settledAtMicros } = fault.instants;
    this.origin ??= sentAtMicros;
    const modelMicros = (micros: number): number => (micros - (this.origin ?? 0)) / timeScale;
    const device = (this.deviceFaults[fault.device] ??= { faults: 0, unsettled: 0 });
    this.faults += 1;
    device.faults += 1;
    if (fault.settlement === 'retried' || fault.settlement === 'stalled-again') this.retries += 1;
    if (fault.code.startsWith('auto-')) this.automatic += 1;
    this.firstMicros = Math.min(this.firstMicros, modelMicros(sentAtMicros));
    if (settledAtMicros === null) {
      this.unsettled += 1;
      device.unsettled += 1;
      return;
    }
    const settledMicros = modelMicros(settledAtMicros);
    this.lastMicros = Math.max(this.lastMicros, settledMicros);
    const stages = Object.fromEntries(
      STAGES.map((stage) => [stage, (fault.stages[stage] ?? 0) / timeScale]),
    ) as Record<Stage, number>;
    this.buffer.add(modelMicros(sentAtMicros), settledMicros, fault.device, stages);
  }

  /** Events of the log, of a run with open loops: how much later than they were meant accesses began that faulted. */
  takeStarts(events: readonly LogEvent[]): void {
    for (const event of events)
      if (event.kind === 'AccessEnded')
        this.late.record((event.startedAtMicros - event.intendedAtMicros) / this.options.timeScale);
  }

  /** `use` is absent where nobody was asked what the modelled machine was used for. */
  measured(audit: AuditReport, use: HostUse = UNKNOWN_USE): Measured {
    const { from, to } = this.options.window;
    const first = Math.min(this.firstMicros, this.lastMicros);
    const runMicros = this.lastMicros - first;
    const [fromMicros, toMicros] = [first + from * runMicros, first + to * runMicros];
    const tally = new WindowTally(fromMicros, toMicros, this.buffer.weight, this.options);
    for (const fault of this.buffer) tally.take(fault);
    return {
      figures: {
        ...this.countFigures(audit, runMicros),
        ...machineFigures(use, runMicros),
        ...tally.figures(),
        ...this.deviceFigures(tally),
        ...latencyFigures('late', this.late.summary()),
      },
      histograms: tally.histograms(),
      window: { fromMicros: fromMicros - first, toMicros: toMicros - first, runMicros },
    };
  }

  private countFigures(
    { eventsByKind, counts, pending, work }: AuditReport,
    runMicros: number,
  ): Measured['figures'] {
    const kind = (name: string): number => eventsByKind[name] ?? 0;
    const cause = (...names: string[]): number => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    const ended = cause('accessEnded.completed', 'accessesHit.atc', 'accessesHit.translated');
    const aborted = cause(
      'accessEnded.invalid',
      'accessEnded.failure',
      'accessEnded.refused',
      'accessEnded.removed',
    );
    const accesses = ended + aborted;
    const groups = kind('GroupQueued');
    const pages = kind('PageInstalled');
    const workMicros = work ? (work.endedAtMicros - work.beganAtMicros) / this.options.timeScale : 0;
    return {
      runMicros,
      workMicros,
      faults: this.faults,
      unsettled: this.unsettled + pending.faults,
      accesses,
      groups,
      faultsPerGroup: groups === 0 ? null : this.faults / groups,
      faultsPerAccess: accesses === 0 ? null : this.faults / accesses,
      overflows: kind('RingOverflowSet'),
      dropped: kind('PageRequestDropped'),
      automatic: this.automatic,
      retries: this.retries,
      timeouts: cause('groupResponded.timeout'),
      pages,
      prefetched: cause('pageInstalled.prefetched'),
      pagesRemoved: kind('PageRemoved'),
      accessRate: workMicros > 0 ? perSecond(accesses, workMicros) : null,
      pageRate: runMicros > 0 ? perSecond(pages, runMicros) : null,
    };
  }

  private deviceFigures(tally: WindowTally): Measured['figures'] {
    const figures: Measured['figures'] = {};
    for (const name of this.options.apart) {
      const members = membersOf(name, this.options.devices);
      const sum = (part: 'faults' | 'unsettled'): number =>
        members.reduce((all, device) => all + (this.deviceFaults[device]?.[part] ?? 0), 0);
      figures[`device.${name}.faults`] = sum('faults');
      figures[`device.${name}.unsettled`] = sum('unsettled');
      Object.assign(figures, tally.apartFigures(name));
    }
    return figures;
  }
}
