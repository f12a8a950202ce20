import type { LogMessage } from '@faultline/hosting';
import { type Onlooker, simulate, SimulationStands } from '@faultline/simulation';
import { simulationPlatform } from '@faultline/runtime';
import type { SimulationCase } from './simulation-case';
import { InvariantBroken, Witness } from './witness';

/** What a run showed that must not be. */
export interface Finding {
  /** An invariant, or what else is wrong: two findings of one kind are about the same thing. */
  kind: string;
  /** Sequence of the last message before it was noticed. */
  sequence: number;
  sentence: string;
}

/** What was seen of a run. */
export interface Seen {
  /** Messages of the log, each with its time. */
  messages: { message: LogMessage; atMicros: number }[];
  /** Failures and steps, each with its time. */
  told: { line: string; atMicros: number }[];
}

/** Runs a case with all checks. Returns what is wrong, the first thing only. */
export async function findingOf(
  { scenario, ...options }: SimulationCase,
  seen?: Seen,
): Promise<Finding | undefined> {
  const witness = new Witness(scenario, options.seed);
  let [sequence, nowMicros] = [0, 0];
  const onlooker: Onlooker = {
    stored: (message, atMicros) => {
      sequence = message.sequence;
      seen?.messages.push({ message, atMicros });
      witness.stored(message);
    },
    violated: (violation) => witness.violated(violation),
    made: (unit) => witness.made(unit),
    begins: (action) => witness.begins(action),
    done: (action) => witness.done(action),
    passed: (atMicros) => {
      nowMicros = atMicros;
      witness.passed(atMicros);
    },
    ended: () => witness.ended(),
  };
  try {
    const tell = (line: string): void => void seen?.told.push({ line, atMicros: nowMicros });
    const { buried } = await simulate(scenario, simulationPlatform, { ...options, onlooker, tell });
    const [reason] = buried;
    return reason === undefined ? undefined : { kind: 'dead letter', sequence, sentence: reason };
  } catch (error) {
    return { ...findingFrom(error), sequence };
  }
}

function findingFrom(error: unknown): { kind: string; sentence: string } {
  if (error instanceof InvariantBroken) return { kind: error.violation.invariant, sentence: error.message };
  if (error instanceof SimulationStands) return { kind: 'standstill', sentence: error.message };
  if (!(error instanceof Error)) throw error;
  return { kind: error.name, sentence: error.stack ?? error.message };
}
