import { decodeLogBody, iommuHwSchema, iommuQueueSchema } from '@faultline/contracts';
import type {
  Decider,
  DurableSegmentEvent,
  GroupQueued,
  IommuEvent,
  MmEvent,
  SegmentState,
} from '@faultline/domain';
import type { LogMessage } from '@faultline/hosting';
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
  const iommus = [...laboratory.iommus['units'].values()].map((unit): Replayed => {
    const { state, plan } = { state: unit['host'].state, plan: unit['host']['plan'] };
    const folded = fold(plan.decider, iommuEvents(of(unit.name)));
    return { unit: unit.name, live: canonical(state.durable), folded: canonical(folded.durable) };
  });
  const shards = laboratory.mm['units'].map((unit): Replayed => {
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
  const segments = laboratory.devices['units'].map((unit): Replayed => {
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

/** The events of an IOMMU in the order in which they were decided: queue messages stand before their cycle's `hw` (D5). */
export function iommuEvents(messages: readonly LogMessage[]): IommuEvent[] {
  const groups = new Map<string, GroupQueued[]>();
  const hardware = new Map<string, IommuEvent[]>();
  for (const { headers, body } of messages) {
    const cycle = `${headers.epoch}.${headers.cycle}`;
    if (headers.schema === iommuQueueSchema.name) {
      const queued = iommuQueueSchema.decode(body).filter((event) => event.kind === 'GroupQueued');
      groups.set(cycle, [...(groups.get(cycle) ?? []), ...queued]);
    } else {
      const others = iommuHwSchema.decode(body).filter((event) => event.kind !== 'CycleClosed');
      hardware.set(cycle, [...(hardware.get(cycle) ?? []), ...others]);
    }
  }
  return [...hardware].flatMap(([cycle, others]) => merge(groups.get(cycle) ?? [], others));
}

function merge(queued: readonly GroupQueued[], others: readonly IommuEvent[]): IommuEvent[] {
  const byOrder = new Map(queued.map((group) => [group.order, group]));
  const rest = others[Symbol.iterator]();
  return Array.from({ length: queued.length + others.length }, (_, order): IommuEvent => {
    const event = byOrder.get(order) ?? (rest.next().value as IommuEvent | undefined);
    if (!event) throw new Error(`the cycle has no event at place ${order}`);
    return event;
  });
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
