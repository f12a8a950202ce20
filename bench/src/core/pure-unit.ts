import type { Decider } from '@faultline/domain';

/** A unit without a log: what it decides it folds at once. */
export class PureUnit<State, Command, Event> {
  state: State;

  constructor(readonly decider: Decider<State, Command, Event>) {
    this.state = decider.initial();
  }

  /** Decides and folds; the events are added to `into`. */
  apply(command: Command, now: number, into: Event[]): void {
    const events = this.decider.decide(this.state, command, now);
    for (let place = 0; place < events.length; place += 1) {
      const event = events[place] as Event;
      this.state = this.decider.evolve(this.state, event);
      into.push(event);
    }
  }
}
