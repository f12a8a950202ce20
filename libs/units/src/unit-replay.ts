import type { ResolvedScenario } from '@faultline/contracts';
import { canonical } from './canonical';
import type { StateCodec } from './common/unit-ports';
import { type FoldedMessage, type FoldedState, foldUnit, type UnitFold } from './unit-fold';

/** Between two snapshots come an eighth of all messages before: some at the begin, where most is new, and few in a long log. */
const BETWEEN = 1 / 8;

/** Two foldings of one log came to different states. */
export interface Divergence {
  /** The message after which it was seen. */
  sequence: number;
  /** Where the states differ first, as a JSON pointer into their canonical texts. */
  path: string;
  /** What is there, or how that begins: folded from the first message, and from the last snapshot before. */
  straight: string;
  resumed: string;
}

/** What replaying a unit has come to. */
export interface Replayed {
  messages: number;
  /** How often the other fold went on from a snapshot of itself. */
  snapshots: number;
  /** The state, as {@link canonical} writes it. */
  state: string;
  /** Undefined when both folds came to the same state, bit for bit (I8). */
  divergence: Divergence | undefined;
}

/**
 * Folds what a unit wrote twice: from the first message, and as its owners would who take it over again and again, each from a snapshot of
 * the one before. Both come to the same state, or a takeover there would have lost something (I8).
 */
export class UnitReplay {
  private readonly straight: UnitFold;
  private resumed: UnitFold;
  private messages = 0;
  private snapshots = 0;
  private snapshotAt = 1;
  private divergence: Divergence | undefined;
  private sequence = 0;

  /** Throws for a unit that the scenario does not have. */
  constructor(
    private readonly unit: string,
    private readonly scenario: ResolvedScenario,
    private readonly states: StateCodec,
  ) {
    this.straight = this.fold();
    this.resumed = this.fold();
  }

  /** Takes the next message of the unit. Throws `DecodeError`, and what `evolve` throws for a broken log. */
  take(message: FoldedMessage & { sequence: number }): void {
    this.straight.take(message);
    this.resumed.take(message);
    this.sequence = message.sequence;
    this.messages += 1;
    // The part of a cycle that has come is in no snapshot (D5).
    if (this.messages >= this.snapshotAt && this.resumed.isWhole) this.resume();
  }

  /** What has come of it so far. */
  result(): Replayed {
    const state = canonical(this.straight.folded.state);
    this.compare(state);
    const { messages, snapshots, divergence } = this;
    return { messages, snapshots, state, divergence };
  }

  private resume(): void {
    if (this.divergence) return;
    this.compare(canonical(this.straight.folded.state));
    this.resumed = this.fold(this.states.decode(this.states.encode(this.resumed.folded)) as FoldedState);
    this.snapshots += 1;
    this.snapshotAt = this.messages + Math.ceil(this.messages * BETWEEN);
  }

  private compare(straight: string): void {
    const resumed = canonical(this.resumed.folded.state);
    if (this.divergence || straight === resumed) return;
    this.divergence = {
      sequence: this.sequence,
      ...firstDifference(JSON.parse(straight), JSON.parse(resumed), ''),
    };
  }

  private fold(from?: FoldedState): UnitFold {
    const fold = foldUnit(this.unit, this.scenario, from);
    if (!fold) throw new Error(`the scenario has no unit ${this.unit}`);
    return fold;
  }
}

function firstDifference(straight: unknown, resumed: unknown, path: string): Omit<Divergence, 'sequence'> {
  if (isObject(straight) && isObject(resumed)) {
    for (const name of new Set([...Object.keys(straight), ...Object.keys(resumed)])) {
      const [one, other] = [straight[name], resumed[name]];
      if (JSON.stringify(one) !== JSON.stringify(other))
        return firstDifference(one, other, `${path}/${name}`);
    }
  }
  return { path, straight: textOf(straight), resumed: textOf(resumed) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A state may hold tens of thousands of values where another one has nothing. */
const MOST_CHARACTERS = 160;

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
