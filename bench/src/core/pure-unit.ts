import type { Decider } from '@faultline/domain';

/** A unit without a log: what it decides it folds at once. */
export class PureUnit<State, Command, Event> {
  state: State;

  constructor(readonly decider: Decider<State, Command, Event>) {
    this.state = decider.initial();
  }

  /** Decides and folds, as a host does with what causes nothing for the log. */
  perform(command: Command, now: number): readonly Event[] {
    const events = this.decider.decide(this.state, command, now);
    for (let place = 0; place < events.length; place += 1)
      this.state = this.decider.evolve(this.state, events[place] as Event);
    return events;
  }

  /** Decides and folds; the events are added to `into`. */
  apply(command: Command, now: number, into: Event[]): void {
    const events = this.perform(command, now);
    for (let place = 0; place < events.length; place += 1) into.push(events[place] as Event);
  }
}
