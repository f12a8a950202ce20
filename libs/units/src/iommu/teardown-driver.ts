import type { InvalidatePages, TeardownStepReport } from '@faultline/contracts';
import {
  type AnyIommuEvent,
  EVERY_MM,
  findTeardown,
  type IommuCommand,
  type IommuState,
  stepAfter,
  type Teardown,
  type TeardownStep,
} from '@faultline/domain';
import { type ClockPort, isLoss, UnitClosed, type UnitHost } from '@faultline/hosting';
import type { Fences } from './fences';
import type { Invalidations } from './invalidations';
import type { SegmentLink } from './segment-link';

/** How a teardown went, as the control plane tells it. */
export interface TeardownReport {
  forced: boolean;
  steps: TeardownStepReport[];
}

/** A teardown that is under way, as its driver knows it. */
interface OpenTeardown {
  device: number;
  pasid: number;
  generation: number;
  /** What the PASID named; it is not in the device's table any more when the caches are emptied. */
  mm: number;
  shard: number;
  step: TeardownStep | null;
  steps: TeardownStepReport[];
  sinceMicros: number;
  cancelDeadline(): void;
}

/** Somebody who waits for the end of a teardown. */
interface Asker {
  resolve(report: TeardownReport): void;
  reject(error: Error): void;
}

const keyOf = ({ device, pasid }: { device: number; pasid: number }): string => `${device}/${pasid}`;

/**
 * Performs what the steps of a teardown do outside (R95): asks the device to stop, empties caches; and keeps the deadline of each.
 * The order and what follows from a deadline are the decider's, and a step is performed when the log says that it has come: a
 * new owner goes on with the step it finds.
 */
export class TeardownDriver {
  private readonly open = new Map<string, OpenTeardown>();
  private readonly waiting = new Map<string, Asker[]>();

  constructor(
    private readonly host: UnitHost<IommuState, IommuCommand, AnyIommuEvent>,
    private readonly link: SegmentLink,
    private readonly invalidations: Invalidations,
    private readonly fences: Fences,
    private readonly clock: ClockPort,
    /** Wall microseconds a step may take; 0 for any time. */
    private readonly deadlineMicros: number,
  ) {}

  /** Takes over what an owner before had begun. */
  resume(): void {
    for (const teardown of this.host.state.durable.teardowns) {
      const entry = this.enter(teardown, this.clock.nowMicros());
      if (teardown.step !== null) this.begin(entry, teardown.step);
    }
    this.host.wake();
  }

  /**
   * Tears a binding down. Resolves at its end, also when somebody else began it; at once when nothing is bound. Rejects with
   * `UnitClosed` when the IOMMU is handed over first.
   */
  async run(device: number, pasid: number, cause: 'unbind' | 'remove'): Promise<TeardownReport> {
    const key = keyOf({ device, pasid });
    const report = new Promise<TeardownReport>((resolve, reject) => {
      this.waiting.set(key, [...(this.waiting.get(key) ?? []), { resolve, reject }]);
    });
    // When the IOMMU is handed over before the beginning is in the log, that is what the asker hears of.
    report.catch(() => undefined);
    await this.host.settle([{ kind: 'BeginTeardown', device, pasid, cause }]);
    if (!this.open.has(key)) this.tell(key, { forced: false, steps: [] });
    return report;
  }

  /** These events are in the log. */
  released(events: readonly AnyIommuEvent[]): void {
    for (const event of events) {
      switch (event.kind) {
        case 'TeardownBegun':
          this.begin(this.enter(event, event.atMicros), 'stop');
          break;
        case 'TeardownStepped':
          this.stepped(event);
          break;
        case 'PasidDrained':
          this.close(keyOf(event));
          break;
        case 'DeviceDetached':
          for (const [key, { device }] of this.open) if (device === event.device) this.close(key);
          break;
        case 'RingOverflowCleared':
          for (const entry of this.open.values())
            if (entry.step === 'fence') performed(this.emptyCaches(entry, 'fence'));
          break;
        default:
          break;
      }
    }
  }

  /** Performs nothing more. The next owner goes on, and is to be asked by those who wait. */
  stop(): void {
    for (const entry of this.open.values()) entry.cancelDeadline();
    for (const askers of this.waiting.values()) for (const { reject } of askers) reject(new UnitClosed());
    this.waiting.clear();
  }

  private enter({ device, pasid, generation }: Omit<Teardown, 'step'>, atMicros: number): OpenTeardown {
    const bound = this.host.state.durable.devices.get(device)?.bindings.get(pasid);
    const { mm, shard } = bound ?? { mm: EVERY_MM, shard: 0 };
    const entry: OpenTeardown = {
      device,
      pasid,
      generation,
      mm,
      shard,
      step: null,
      steps: [],
      sinceMicros: atMicros,
      cancelDeadline: () => undefined,
    };
    this.open.set(keyOf(entry), entry);
    return entry;
  }

  private stepped({
    step,
    outcome,
    atMicros,
    ...event
  }: Extract<AnyIommuEvent, { kind: 'TeardownStepped' }>): void {
    const entry = this.open.get(keyOf(event));
    if (!entry) return;
    entry.cancelDeadline();
    entry.steps.push({ step, outcome, micros: atMicros - entry.sinceMicros });
    entry.sinceMicros = atMicros;
    entry.step = null;
    const next = stepAfter(step);
    if (next !== null) this.begin(entry, next);
  }

  private begin(entry: OpenTeardown, step: TeardownStep): void {
    entry.step = step;
    if (this.deadlineMicros > 0)
      entry.cancelDeadline = this.clock.after(this.deadlineMicros, () => this.finish(entry, step, 'expired'));
    if (step === 'stop') performed(this.stopDevice(entry));
    else if (step === 'invalidate' || step === 'fence') performed(this.emptyCaches(entry, step));
  }

  private async stopDevice(entry: OpenTeardown): Promise<void> {
    if (await this.link.stopPasid(entry.device, entry.pasid)) this.finish(entry, 'stop', 'done');
  }

  /** IOTLB, then ATC (R122). A device that stays silent is asked again after its reset, if the deadline has not come before. */
  private async emptyCaches(entry: OpenTeardown, step: TeardownStep): Promise<void> {
    const { device, pasid, mm, shard } = entry;
    const ranges = [{ page: 0, pages: 0 }];
    for (;;) {
      await this.fences.cleared(device);
      if (entry.step !== step) return;
      const { mark } = this.fences;
      this.host.perform({ kind: 'InvalidateIotlb', mm, page: 0, pages: 0 });
      const order: InvalidatePages = {
        kind: 'InvalidatePages',
        device,
        pasid,
        mm: Math.max(0, mm),
        shard,
        sequence: 0,
        ranges,
      };
      const silent = await this.invalidations.askDevices([order]);
      if (silent.length === 0) break;
      await this.fences.emptied(device, mark);
    }
    this.finish(entry, step, 'done');
  }

  /** What comes for a step that is over is late; the decider knows. */
  private finish(
    { device, pasid, generation }: OpenTeardown,
    step: TeardownStep,
    outcome: 'done' | 'expired',
  ): void {
    if (findTeardown(this.host.state, device, pasid) === undefined) return;
    this.host.submit([{ kind: 'FinishTeardownStep', device, pasid, generation, step, outcome }]);
  }

  private close(key: string): void {
    const entry = this.open.get(key);
    if (!entry) return;
    entry.cancelDeadline();
    entry.step = null;
    this.open.delete(key);
    const { steps } = entry;
    this.tell(key, { forced: steps.some(({ outcome }) => outcome === 'expired'), steps });
  }

  private tell(key: string, report: TeardownReport): void {
    const waiting = this.waiting.get(key) ?? [];
    this.waiting.delete(key);
    for (const { resolve } of waiting) resolve(report);
  }
}

/** What an IOMMU that is handed over was at is done by its next owner, which finds the step in the log. */
function performed(step: Promise<void>): void {
  step.catch((error: unknown) => {
    if (!isLoss(error)) throw error;
  });
}
