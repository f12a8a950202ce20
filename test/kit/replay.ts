import { IommuHistory } from '@faultline/contracts';
import { type Decider, durableSegment, type IommuEvent } from '@faultline/domain';
import type { LogMessage } from '@faultline/hosting';
import { canonical, foldUnit, IommuUnit, SegmentUnit, ShardUnit } from '@faultline/units';
import type { Laboratory } from './laboratory';

/** A unit's state as it is, and as folding its events gives it. Texts, so that a difference can be shown. */
export interface Replayed {
  unit: string;
  live: string;
  folded: string;
}

/** Folds the log again for every unit (I8). Every unit must be owned by somebody, so it is asked before anything stops. */
export function replayUnits(laboratory: Laboratory, log: readonly LogMessage[]): Replayed[] {
  const { scenario } = laboratory;
  const folded = (unit: string): unknown => {
    const fold = foldUnit(unit, scenario);
    for (const message of log) if (message.headers.unit === unit) fold?.take(message);
    return fold?.folded.state;
  };
  const unitsOf = <Unit extends object>(kind: abstract new (...how: never) => Unit): Unit[] =>
    laboratory.units.filter((unit): unit is typeof unit & Unit => unit instanceof kind);
  const replayedOf = ({ name }: { name: string }, live: unknown): Replayed => ({
    unit: name,
    live: canonical(live),
    folded: canonical(folded(name)),
  });
  const iommus = unitsOf(IommuUnit).map((unit) => replayedOf(unit, unit['host'].state.durable));
  const shards = unitsOf(ShardUnit).map((unit) => replayedOf(unit, unit['host'].state.durable));
  const segments = unitsOf(SegmentUnit).map((unit) => {
    const live = { ...durableSegment(unit['host'].state), history: unit['history'].toPlain() };
    return replayedOf(unit, live);
  });
  const replayed = [...iommus, ...shards, ...segments];
  const wanted = 2 * laboratory.scenario.iommus.length + laboratory.scenario.shards.length;
  if (replayed.length !== wanted)
    throw new Error(
      `only ${replayed.length} of ${wanted} units have an owner: there is nothing to compare with`,
    );
  return replayed;
}

/** The events of an IOMMU in the order in which they were decided (D5). */
export function iommuEvents(messages: readonly LogMessage[]): IommuEvent[] {
  const events: IommuEvent[] = [];
  const history = new IommuHistory((event) => events.push(event));
  for (const message of messages) history.take(message);
  return events;
}

/** What a decider makes of events, from the beginning. */
export function fold<State, Event>(
  decider: Pick<Decider<State, never, Event>, 'initial' | 'evolve'>,
  events: readonly Event[],
): State {
  return events.reduce((state, event) => decider.evolve(state, event), decider.initial());
}
