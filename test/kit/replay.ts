import { decodeLogBody, IommuHistory } from '@faultline/contracts';
import type { Decider, DurableSegmentEvent, IommuEvent, MmEvent, SegmentState } from '@faultline/domain';
import type { LogMessage } from '@faultline/hosting';
import { SegmentUnit } from '../../apps/device-emulator/src/segment-unit';
import { IommuUnit } from '../../apps/iommu/src/iommu-unit';
import { ShardUnit } from '../../apps/mm-handler/src/shard-unit';
import type { Laboratory } from './laboratory';

/** A unit's state as it is, and as folding its events gives it. Texts, so that a difference can be shown. */
export interface Replayed {
  unit: string;
  live: string;
  folded: string;
}

/** Folds the log again for every unit (I8). */
export function replayUnits(laboratory: Laboratory, log: readonly LogMessage[]): Replayed[] {
  const of = (unit: string): LogMessage[] => log.filter((message) => message.headers.unit === unit);
  const unitsOf = <Unit extends object>(kind: abstract new (...how: never) => Unit): Unit[] =>
    laboratory.units.filter((unit): unit is typeof unit & Unit => unit instanceof kind);
  const iommus = unitsOf(IommuUnit).map((unit): Replayed => {
    const { state, plan } = { state: unit['host'].state, plan: unit['host']['plan'] };
    const folded = fold(plan.decider, iommuEvents(of(unit.name)));
    return { unit: unit.name, live: canonical(state.durable), folded: canonical(folded.durable) };
  });
  const shards = unitsOf(ShardUnit).map((unit): Replayed => {
    const events = of(unit.name).flatMap(
      ({ headers, body }) => decodeLogBody(headers.schema, body) as MmEvent[],
    );
    const folded = fold(unit['host']['plan'].decider, events);
    return {
      unit: unit.name,
      live: canonical(unit['host'].state.durable),
      folded: canonical(folded.durable),
    };
  });
  const segments = unitsOf(SegmentUnit).map((unit): Replayed => {
    const events = of(unit.name).flatMap(
      ({ headers, body }) => decodeLogBody(headers.schema, body) as DurableSegmentEvent[],
    );
    const folded = durableOf(fold(unit['host']['plan'].decider, events));
    const ended = (device: number): number => events.reduce((sum, event) => sum + endsOf(event, device), 0);
    for (const device of folded.devices) device.ended = ended(device.device);
    return { unit: unit.name, live: canonical(durableOf(unit['host'].state)), folded: canonical(folded) };
  });
  return [...iommus, ...shards, ...segments];
}

/** The events of an IOMMU in the order in which they were decided (D5). */
export function iommuEvents(messages: readonly LogMessage[]): IommuEvent[] {
  const events: IommuEvent[] = [];
  const history = new IommuHistory((event) => events.push(event));
  for (const message of messages) history.take(message);
  return events;
}

function fold<State, Event>(
  decider: Pick<Decider<State, never, Event>, 'initial' | 'evolve'>,
  events: readonly Event[],
): State {
  return events.reduce((state, event) => decider.evolve(state, event), decider.initial());
}

/** What of a segment is no register or cache of a device. */
function durableOf({ segment, epoch, devices }: SegmentState) {
  return { segment, epoch, devices: devices.map(({ device, failed, ended }) => ({ device, failed, ended })) };
}

/** Hits are in the log as counts, so a fold does not see them one by one. */
function endsOf(event: DurableSegmentEvent, device: number): number {
  if (event.kind === 'AccessEnded') return event.device === device ? 1 : 0;
  return event.kind === 'AccessesHit' && event.device === device ? event.atcHits + event.translated : 0;
}

/** A text for plain data: fields by name, Maps and Sets in their order, which is part of the state. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (each instanceof Map) return { map: [...each] };
    if (each instanceof Set) return { set: [...each] };
    if (ArrayBuffer.isView(each))
      return Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString('base64');
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
