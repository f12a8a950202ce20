import { type FaultMeasures, type Stage, STAGES } from '@faultline/audit';
import { Histogram, StageHistograms } from '@faultline/stats';
import { TimeBins } from './time-bins';

/** The stages of many faults, added up. A stage that a fault did not have counts as 0: its time is part of the next one. */
export class StageSums {
  faults = 0;
  private readonly sums = new Map<Stage, number>();

  take(fault: FaultMeasures): void {
    this.faults += 1;
    for (const stage of STAGES) this.sums.set(stage, this.sum(stage) + (fault.stages[stage] ?? 0));
  }

  /** Mean over all faults, so that the stages add up to the mean of the whole; 0 when there are none. */
  meanMicros(stage: Stage): number {
    return this.faults === 0 ? 0 : this.sum(stage) / this.faults;
  }

  private sum(stage: Stage): number {
    return this.sums.get(stage) ?? 0;
  }
}

/** The faults of one device. */
export class DeviceFigures {
  readonly endToEnd = new Histogram();
  faults = 0;
  answeredOtherwise = 0;
  retries = 0;
  notTaken = 0;
  unsettled = 0;
}

/** What the rows of a run's faults amount to. Takes them one by one and keeps none. */
export class FaultFigures {
  readonly times = new StageHistograms(STAGES);
  readonly sums = new StageSums();
  readonly devices = new Map<number, DeviceFigures>();
  /** Faults by the IOMMU that reported them, and by the queue their groups were put on. */
  readonly queues = new Map<number, Map<string, number>>();
  readonly bins: TimeBins | null;
  faults = 0;

  /** From sent to settled, of every fault that settled. */
  get endToEnd(): Histogram {
    return this.times.endToEnd;
  }

  /** The time in which the faults were under way; null when there are none. */
  constructor(span: { firstMicros: number; lastMicros: number } | null) {
    this.bins = span && new TimeBins(span.firstMicros, span.lastMicros);
  }

  take(fault: FaultMeasures): void {
    this.faults += 1;
    this.takeTimes(fault);
    this.takeDevice(fault);
    if (fault.queue !== null) {
      const queues = this.queues.get(fault.iommu) ?? new Map<string, number>();
      queues.set(fault.queue, (queues.get(fault.queue) ?? 0) + 1);
      this.queues.set(fault.iommu, queues);
    }
    if (fault.totalMicros === null) return;
    this.times.record(fault);
    this.sums.take(fault);
  }

  private takeTimes(fault: FaultMeasures): void {
    const { bins } = this;
    if (!bins) return;
    const { sentAtMicros, settledAtMicros, respondedAtMicros } = fault.instants;
    bins.add('sent', sentAtMicros);
    if (wasNotTaken(fault)) bins.add('notTaken', sentAtMicros);
    if (settledAtMicros !== null) bins.add('settled', settledAtMicros);
    // What was answered and then forgotten by a reset is pending no more.
    const endedAtMicros = settledAtMicros ?? respondedAtMicros;
    if (endedAtMicros === null) return;
    bins.add('ended', endedAtMicros);
    if (wasRetried(fault)) bins.add('retried', endedAtMicros);
  }

  private takeDevice(fault: FaultMeasures): void {
    const device = this.devices.get(fault.device) ?? new DeviceFigures();
    this.devices.set(fault.device, device);
    device.faults += 1;
    if (fault.code !== 'success') device.answeredOtherwise += 1;
    if (wasRetried(fault)) device.retries += 1;
    if (wasNotTaken(fault)) device.notTaken += 1;
    if (fault.totalMicros === null) device.unsettled += 1;
    else device.endToEnd.record(fault.totalMicros);
  }
}

/** It missed again after its response, and is followed by another fault. */
const wasRetried = ({ settlement }: FaultMeasures): boolean =>
  settlement === 'retried' || settlement === 'stalled-again';

/** The ring was full: the IOMMU answered by itself, or dropped it. */
const wasNotTaken = ({ code }: FaultMeasures): boolean => code === 'dropped' || code.startsWith('auto-');
