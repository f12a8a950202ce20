import type { LogEvent } from '@faultline/contracts';

const CODES = ['success', 'invalid', 'failure'] as const;

interface KindCount {
  count: number;
  /** By cause; the words are those of the events, so nothing is built for each event. */
  causes: Map<string, number>;
}

/** Counts events by kind, and what has a cause, a code or a reason by that: `groupDiscarded.reset`. */
export class EventCounters {
  private readonly kinds = new Map<string, KindCount>();
  private readonly named = new Map<string, number>();

  take(event: LogEvent): void {
    let kind = this.kinds.get(event.kind);
    if (!kind) this.kinds.set(event.kind, (kind = { count: 0, causes: new Map() }));
    kind.count += 1;
    const cause = causeOf(event);
    if (cause !== undefined) kind.causes.set(cause, (kind.causes.get(cause) ?? 0) + 1);
    switch (event.kind) {
      case 'AccessesHit':
        this.add('accessesHit.atc', event.atcHits);
        this.add('accessesHit.translated', event.translated);
        break;
      case 'PartialsDiscarded':
        this.add('partials', event.count);
        break;
      case 'AccessesWithdrawn':
        for (const { count } of event.ranges) this.add('accessesWithdrawn', count);
        break;
      case 'PageInstalled':
        if (event.prefetched) this.add('pageInstalled.prefetched', 1);
        break;
      default:
        break;
    }
  }

  add(name: string, times: number): void {
    this.named.set(name, (this.named.get(name) ?? 0) + times);
  }

  get byKind(): Record<string, number> {
    return Object.fromEntries(
      [...this.kinds].map(([name, { count }]) => [name, count] as const).sort(byName),
    );
  }

  get byCause(): Record<string, number> {
    const counts = [...this.named];
    for (const [kind, { causes }] of this.kinds) {
      const prefix = kind.charAt(0).toLowerCase() + kind.slice(1);
      for (const [cause, count] of causes) counts.push([`${prefix}.${cause}`, count]);
    }
    return Object.fromEntries(counts.sort(byName));
  }
}

const byName = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
  one < other ? -1 : 1;

function causeOf(event: LogEvent): string | undefined {
  switch (event.kind) {
    case 'GroupResponded':
      return event.cause === 'handled' ? CODES[event.code] : event.cause;
    case 'TeardownStepped':
      return `${event.step}.${event.outcome}`;
    case 'TeardownBegun':
    case 'DeviceFenced':
    case 'GroupDiscarded':
    case 'PartialsDiscarded':
    case 'PageInstalled':
    case 'PageRemoved':
      return event.cause;
    case 'ResultDropped':
    case 'FaultRefused':
      return event.reason;
    case 'PageRequestDropped':
      return `${event.cause}.${event.answered ? `auto-${CODES[event.code]}` : 'unanswered'}`;
    case 'RingOverflowSet':
      return event.model;
    case 'StallEnded':
    case 'AccessEnded':
      return event.outcome;
    default:
      return undefined;
  }
}
