import type { ResolvedScenario } from '@faultline/contracts';
import { canonical } from './canonical';
import type { StateCodec } from './common/unit-ports';
import { type FoldedMessage, type FoldedState, foldUnit, type UnitFold } from './unit-fold';

/** Between two snapshots come an eighth of all messages before: some at the begin, where most is new, and few in a long log. */
const BETWEEN = 1 / 8;

/** What is wrong, and the message at which it was seen. */
export interface ReplayTrouble {
  sequence: number;
  sentence: string;
}

/** What replaying a unit has come to. */
export interface Replayed {
  /** Messages that were folded. */
  messages: number;
  /** How often the other fold went on from a snapshot of itself. */
  snapshots: number;
  /** The state, as {@link canonical} writes it; null where the log cannot be folded. */
  state: string | null;
  /** The message cannot be folded: the log is broken there, and nothing after it was folded. */
  broken: ReplayTrouble | undefined;
  /** Both folds did not come to the same, as they have to, bit for bit (I8). */
  divergence: ReplayTrouble | undefined;
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
  /** Of the last message that was folded. */
  private sequence = 0;
  private broken: ReplayTrouble | undefined;
  private divergence: ReplayTrouble | undefined;

  /** Throws for a unit that the scenario does not have. */
  constructor(
    private readonly unit: string,
    private readonly scenario: ResolvedScenario,
    private readonly states: StateCodec,
  ) {
    this.straight = this.fold();
    this.resumed = this.fold();
  }

  /** Takes the next message of the unit. A log may hold anything: what cannot be folded is a fact about it. */
  take(message: FoldedMessage & { sequence: number }): void {
    if (this.broken) return;
    const { sequence } = message;
    const sentence = failureOf(this.straight, message);
    if (sentence !== undefined) {
      this.broken = { sequence, sentence };
      return;
    }
    this.messages += 1;
    this.sequence = sequence;
    if (this.divergence) return;
    const resumedSentence = failureOf(this.resumed, message);
    if (resumedSentence !== undefined) {
      this.divergence = { sequence, sentence: `it cannot be folded from a snapshot: ${resumedSentence}` };
      return;
    }
    // The part of a cycle that has come is in no snapshot (D5).
    if (this.messages >= this.snapshotAt && this.resumed.isWhole) this.resume();
  }

  /** What has come of it so far. */
  result(): Replayed {
    // Of a message that cannot be folded a part may be in one of the states, and not in the other.
    const state = this.broken ? null : canonical(this.straight.folded.state);
    if (state !== null) this.compare(state);
    const { messages, snapshots, broken, divergence } = this;
    return { messages, snapshots, state, broken, divergence };
  }

  private resume(): void {
    this.compare(canonical(this.straight.folded.state));
    this.resumed = this.fold(this.states.decode(this.states.encode(this.resumed.folded)) as FoldedState);
    this.snapshots += 1;
    this.snapshotAt = this.messages + Math.ceil(this.messages * BETWEEN);
  }

  private compare(straight: string): void {
    if (this.divergence) return;
    const resumed = canonical(this.resumed.folded.state);
    if (straight === resumed) return;
    const sentence = firstDifference(JSON.parse(straight), JSON.parse(resumed), '');
    this.divergence = { sequence: this.sequence, sentence };
  }

  private fold(from?: FoldedState): UnitFold {
    const fold = foldUnit(this.unit, this.scenario, from);
    if (!fold) throw new Error(`the scenario has no unit ${this.unit}`);
    return fold;
  }
}

/** Why the message cannot be folded; undefined when it was. */
function failureOf(fold: UnitFold, message: FoldedMessage): string | undefined {
  try {
    fold.take(message);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where the states differ first, as a JSON pointer into their canonical texts, and what is there. */
function firstDifference(straight: unknown, resumed: unknown, path: string): string {
  if (isObject(straight) && isObject(resumed)) {
    for (const name of new Set([...Object.keys(straight), ...Object.keys(resumed)])) {
      const [one, other] = [straight[name], resumed[name]];
      if (JSON.stringify(one) !== JSON.stringify(other))
        return firstDifference(one, other, `${path}/${name}`);
    }
  }
  return `${path} is ${textOf(straight)} from the first message on, ${textOf(resumed)} from a snapshot`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A state may hold tens of thousands of values where another one has nothing. */
const MOST_CHARACTERS = 160;

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
