/**
 * The pure heart of a unit.
 *
 * `decide` answers what a command means in a state, as events; `evolve` is the only way a state changes. Neither knows a clock,
 * a random source or any I/O: time and random draws arrive as arguments, so the same core runs in the services, in tests,
 * against recorded vectors and in the simulator.
 *
 * Performance contract: `evolve` may change `state` in place and return it (the caller gives the old state up); `decide` never
 * changes anything. Whoever needs the state before an event folds the log again: that folding gives the same state is
 * invariant I8.
 */
export interface Decider<State, Command, Event> {
  /** The state before any event. A fresh object at every call. */
  initial(): State;
  /** What `command` causes in `state`, in causal order; an empty list when it causes nothing. Throws only on a broken invariant. */
  decide(state: State, command: Command, nowMicros: number): readonly Event[];
  /** The state after `event`; usually the same object, changed. */
  evolve(state: State, event: Event): State;
}
