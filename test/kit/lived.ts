import { type CycleClosed, decodeLogBody, type LogEvent, type ResolvedStep } from '@faultline/contracts';
import { complaintsOf } from './audit-log';
import { type Draft, scenarioOf } from './scenario';
import { type FinishedRun, runVirtually } from './virtual-run';

type Kind = Exclude<LogEvent, CycleClosed>['kind'];
export type EventOf<K extends Kind> = Extract<LogEvent, { kind: K }>;

/** An event with its place in the log. */
export type Placed<E> = E & { place: number };

/** A run with a timeline that ended well, and what its log says. */
export class LivedRun {
  readonly events: Placed<LogEvent>[];

  private constructor(readonly run: FinishedRun) {
    this.events = run.log.flatMap(({ sequence, headers, body }) =>
      decodeLogBody(headers.schema, body).map((event, index) => ({
        ...event,
        place: sequence + index / 1e6,
      })),
    );
  }

  /** Runs the draft with these steps. Whatever happens in it, the audit must pass and every access must end once. */
  static async of(draft: Draft, timeline: ResolvedStep[], seed = 1): Promise<LivedRun> {
    const run = await runVirtually(scenarioOf({ ...draft, timeline }), { seed });
    const { accesses } = run.laboratory;
    expect([...complaintsOf(run.report), ...accesses.complaints]).toEqual([]);
    expect([...accesses.all.values()].filter(({ ends }) => ends.length !== 1)).toEqual([]);
    expect(run.report.pending).toEqual({ groups: 0, requests: 0, stalls: 0, faults: 0 });
    return new LivedRun(run);
  }

  /** Lines that the steps told. */
  get told(): readonly string[] {
    return this.run.laboratory.told;
  }

  /** All events of a kind in which these fields are so. */
  all<K extends Kind>(kind: K, fields: Partial<EventOf<K>> = {}): Placed<EventOf<K>>[] {
    return this.events.filter(
      (event): event is Placed<EventOf<K>> =>
        event.kind === kind &&
        Object.entries(fields).every(([name, value]) => (event as Record<string, unknown>)[name] === value),
    );
  }

  /** The only such event. */
  the<K extends Kind>(kind: K, fields: Partial<EventOf<K>> = {}): Placed<EventOf<K>> {
    const found = this.all(kind, fields);
    const [first] = found;
    if (!first || found.length > 1)
      throw new Error(`${found.length} events ${kind} with ${JSON.stringify(fields)}, expected one`);
    return first;
  }

  /** The only reset of a device, beside the one with which its segment began. */
  get reset(): Placed<EventOf<'DeviceReset'>> {
    const [first, ...others] = this.all('DeviceReset').filter(({ request }) => request > 0);
    if (!first || others.length > 0)
      throw new Error(`${others.length + (first ? 1 : 0)} resets, expected one`);
    return first;
  }

  /** How accesses of a PASID ended, and how often. */
  endsOf(pasid: number): Record<string, number> {
    const ends: Record<string, number> = {};
    for (const access of this.run.laboratory.accesses.all.values())
      for (const end of access.pasid === pasid ? access.ends : []) ends[end] = (ends[end] ?? 0) + 1;
    return ends;
  }

  /** Accesses that were given up before they were issued. */
  get withdrawn(): number {
    return this.all('AccessesWithdrawn')
      .flatMap(({ ranges }) => ranges)
      .reduce((sum, { count }) => sum + count, 0);
  }
}

/** Expects that the events stand in the log in this order. */
export function expectOrder(...events: readonly Placed<{ kind: string }>[]): void {
  const sorted = [...events].sort((one, other) => one.place - other.place);
  expect(sorted.map(({ kind, place }) => `${kind} at ${place}`)).toEqual(
    events.map(({ kind, place }) => `${kind} at ${place}`),
  );
}
