import type { Decider } from './decider';

/** What follows a `given`: the state that its events folded to. */
export interface Given<State, Command, Event> {
  readonly state: State;
  /** Decides `command`, folds the events that came out, and keeps both for the expectations. */
  when(command: Command, nowMicros?: number): Happened<State, Command, Event>;
  /** Decides a command that is expected to throw. */
  whenRefused(command: Command, nowMicros?: number): { thenThrows(error: Refusal): void };
}

/** What one decided command did. A further `when` goes on from there. */
export interface Happened<State, Command, Event> extends Given<State, Command, Event> {
  readonly events: readonly Event[];
  /** Exactly these events, in this order. */
  then(expected: readonly Event[]): Happened<State, Command, Event>;
  /** These fields of these events, in this order, and no further event. */
  thenLike(expected: readonly Partial<Event>[]): Happened<State, Command, Event>;
  /** Any expectation about the state after the events. */
  thenState(check: (state: State) => void): Happened<State, Command, Event>;
}

/** An error class, or a pattern of its message. */
export type Refusal = (new (...args: never[]) => Error) | RegExp;

/** Given these events, when that command comes, then those events happen: the specs of deciders read like this. */
export function given<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  events: readonly Event[] = [],
): Given<State, Command, Event> {
  return from(decider, fold(decider, decider.initial(), events));
}

/** The state after `events`, folded from `state`. */
export function fold<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  state: State,
  events: readonly Event[],
): State {
  let folded = state;
  for (const event of events) folded = decider.evolve(folded, event);
  return folded;
}

function from<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  state: State,
): Given<State, Command, Event> {
  return {
    state,
    when(command, nowMicros = 0) {
      const events = decider.decide(state, command, nowMicros);
      return happened(decider, fold(decider, state, events), events);
    },
    whenRefused(command, nowMicros = 0) {
      return {
        thenThrows(error) {
          const attempt = () => decider.decide(state, command, nowMicros);
          // The two branches are one call for the reader; the matcher's types accept only one of both at a time.
          if (error instanceof RegExp) expect(attempt).toThrow(error);
          else expect(attempt).toThrow(error as new () => Error);
        },
      };
    },
  };
}

function happened<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  state: State,
  events: readonly Event[],
): Happened<State, Command, Event> {
  const result: Happened<State, Command, Event> = {
    ...from(decider, state),
    events,
    then(expected) {
      expect(events).toEqual(expected);
      return result;
    },
    thenLike(expected) {
      expect(events).toHaveLength(expected.length);
      expect(events).toMatchObject(expected);
      return result;
    },
    thenState(check) {
      check(state);
      return result;
    },
  };
  return result;
}
