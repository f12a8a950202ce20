import {
  canDispatch,
  hasReadyResults,
  hasRetries,
  hasRingRecords,
  hasTeardowns,
  type IommuCommand,
  type IommuState,
  needsFinishDrain,
  nextResponseDeadline,
} from '@faultline/domain';
import type { ClockPort, ModelTime } from '@faultline/hosting';

/** What an IOMMU does by itself at the end of a turn, and the two timers that make it take one: interrupt and response timeout. */
export class TurnEnd {
  private interruptPending = false;
  private drainDue = false;
  private expiryDue = false;
  private cancelExpiry: (() => void) | undefined;

  constructor(
    private readonly clock: ClockPort,
    private readonly time: ModelTime,
    /** Model time from a record in a ring until software has read it. */
    private readonly interruptMicros: number,
    private readonly wake: () => void,
  ) {}

  /** What is ready to be answered is answered, what is in the rings raises or serves the interrupt, what is held gets its turn. */
  conclude(state: IommuState, apply: (command: IommuCommand) => void): void {
    while (hasReadyResults(state)) apply({ kind: 'RespondNext' });
    while (hasRetries(state)) apply({ kind: 'RetryNext' });
    if (this.expiryDue) {
      this.expiryDue = false;
      apply({ kind: 'ExpireGroups' });
    }
    if (this.interruptMicros <= 0) this.drainDue = true;
    if (this.drainDue) {
      this.drainDue = false;
      this.interruptPending = false;
      while (hasRingRecords(state)) apply({ kind: 'DrainNext' });
      if (needsFinishDrain(state)) apply({ kind: 'FinishDrain' });
    }
    if (hasTeardowns(state)) apply({ kind: 'StepTeardowns' });
    while (canDispatch(state)) apply({ kind: 'DispatchNext' });
    // Stalls that waited for room, or retried ones, may have put new records into the ring just now. And a fence may have taken
    // out the last record of a ring that has overflowed: software still has to recover it.
    if (hasRingRecords(state) || needsFinishDrain(state)) this.raiseInterrupt();
    this.watchDeadlines(state);
  }

  stop(): void {
    this.cancelExpiry?.();
  }

  /** While an interrupt is pending, further records raise none (R60); the pass over the ring then finds them all (R71). */
  private raiseInterrupt(): void {
    if (this.interruptPending) return;
    this.interruptPending = true;
    this.time.after(this.interruptMicros, () => {
      this.drainDue = true;
      this.wake();
    });
  }

  /** One timer for the oldest deadline: looking for it costs a look at every open group, so it is done once for each timer. */
  private watchDeadlines(state: IommuState): void {
    if (this.cancelExpiry) return;
    const deadlineMicros = nextResponseDeadline(state);
    if (deadlineMicros === undefined) return;
    const delayMicros = Math.max(0, deadlineMicros - this.clock.nowMicros());
    this.cancelExpiry = this.clock.after(delayMicros, () => {
      this.cancelExpiry = undefined;
      this.expiryDue = true;
      this.wake();
    });
  }
}
