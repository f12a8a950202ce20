import { setImmediate } from 'node:timers/promises';
import { v8States } from '@faultline/runtime';
import { type FoldedState, foldUnit, type UnitFold, unitsOfScenario } from '@faultline/units';
import { Injectable } from '@nestjs/common';
import { MomentAhead, NotFoldable, NotInRun } from '../common/failures';
import { Turnstile } from '../common/turnstile';
import type { OpenRun } from '../runs/open-run';
import { Checkpoints } from './checkpoints';

/** Bytes of bodies that are folded before the event loop has its turn: some milliseconds. */
const SLICE_BYTES = 256 * 1024;
/** Bytes of bodies from one checkpoint to the next: folding so much takes some tenths of a second. */
const CHECKPOINT_BYTES = 4 * 1024 ** 2;
/** What all checkpoints may hold. */
const MOST_CHECKPOINT_BYTES = 64 * 1024 ** 2;

/** A unit at a moment. */
export interface Moment {
  folded: FoldedState;
  /** The sequence that it is folded to. */
  at: number;
  /** Whether all that the unit had written is in it: a cycle of an IOMMU of which a part is still to come is not. */
  isWhole: boolean;
  recordedTo: number;
}

/** Folds units to any moment of their run. */
@Injectable()
export class StateDesk {
  private readonly checkpoints = new Checkpoints(MOST_CHECKPOINT_BYTES);
  private readonly turnstile = new Turnstile('states', 2, 16);

  /**
   * The unit as it was when the message with this sequence had been written; at the end of the record by default. Rejects with
   * `MomentAhead`, `NotInRun`, `NotFoldable` and `Busy`.
   */
  async at(run: OpenRun, unit: string, at: number | undefined, signal: AbortSignal): Promise<Moment> {
    const { position: recordedTo } = await run.reader.head();
    const to = at ?? recordedTo;
    if (to > recordedTo) throw new MomentAhead(run.id, to, recordedTo);
    return this.turnstile.pass(async () => {
      const { folded, isWhole } = await this.fold(run, unit, to, signal);
      return { folded, isWhole, at: to, recordedTo };
    });
  }

  private async fold(run: OpenRun, unit: string, to: number, signal: AbortSignal): Promise<UnitFold> {
    const key = `${run.folder.path} ${unit}`;
    const from = this.checkpoints.before(key, to);
    const fold = await this.begin(run, unit, from && (v8States.decode(from.bytes) as FoldedState));
    let [slice, since, sequence] = [0, 0, from?.sequence ?? 0];
    const keep = (): void => {
      if (!fold.isWhole) return;
      this.checkpoints.keep(key, { sequence, bytes: v8States.encode(fold.folded) });
      since = 0;
    };
    for await (const page of run.reader.pages({ from: sequence + 1, to, unit })) {
      for (const { message } of page) {
        take(fold, unit, message);
        sequence = message.sequence;
        slice += message.body.length;
        since += message.body.length;
        if (since >= CHECKPOINT_BYTES) keep();
        if (slice < SLICE_BYTES) continue;
        slice = 0;
        await setImmediate();
        signal.throwIfAborted();
      }
    }
    // Who looks at one moment looks at one nearby next.
    if (since >= SLICE_BYTES) keep();
    return fold;
  }

  private async begin(run: OpenRun, unit: string, from: FoldedState | undefined): Promise<UnitFold> {
    const scenario = await run.scenario();
    if (!scenario) throw new NotInRun(run.id, 'scenario in its log, without which no unit is known');
    const fold = foldUnit(unit, scenario, from);
    if (!fold) throw new NotInRun(run.id, `unit ${unit}: it has ${unitsOfScenario(scenario).join(', ')}`);
    return fold;
  }
}

/** A log may hold anything: what cannot be folded is a fact about it, and no failure of this service. */
function take(
  fold: UnitFold,
  unit: string,
  message: Parameters<UnitFold['take']>[0] & { sequence: number },
): void {
  try {
    fold.take(message);
  } catch (error) {
    throw new NotFoldable(unit, `at sequence ${message.sequence}: ${(error as Error).message}`);
  }
}
