import { FaultAssembler, type FaultRow, type LoggedMessage, rowOf } from '@faultline/audit';
import { decodeLogBody, type FaultSampler, type LogEvent, parseTraceparent } from '@faultline/contracts';
import { FAULTLINE, MESSAGING, type Span } from '@faultline/runtime';

/** A message of the log with its events. */
interface Read {
  message: LoggedMessage;
  events: LogEvent[];
  /** Names of the traced faults that it tells of, by the log alone. */
  faults: Set<string>;
  /** It answers a group of which the log names no members: one that was held, and never queued. */
  hasNameless: boolean;
}

/** What is said against the traces of a run. */
export interface TraceReport {
  complaints: string[];
  /** Faults that were traced from their begin to their end. */
  traced: string[];
  /** Names of the spans that there were, and how many. */
  names: Record<string, number>;
}

/** What a test knows of a run beside its traces. */
export interface TracedRun {
  log: readonly LoggedMessage[];
  spans: readonly Span[];
  sampler: FaultSampler;
  /** Whether nobody died or froze on the way, and nothing was lost: then nothing may be missing or twice. */
  isWhole: boolean;
}

/** Holds the traces of a run against its log, which knows nothing of how they were made. */
export function judgeTraces(run: TracedRun): TraceReport {
  return new Judge(run).judge();
}

class Judge {
  private readonly complaints: string[] = [];
  private readonly rows = new Map<string, FaultRow>();
  private readonly read: Read[];
  private readonly bySpan = new Map<string, Span>();
  private readonly byTrace = new Map<string, Span[]>();
  /** Names of faults by their traces. */
  private readonly faultOf = new Map<string, string>();

  constructor(private readonly run: TracedRun) {
    const assembler = new FaultAssembler((fault) => this.add(rowOf(fault)));
    this.read = run.log.map((message) => {
      const events = decodeLogBody(message.headers.schema, message.body) as LogEvent[];
      assembler.observe({ ...message, events } as never);
      return { message, events, faults: new Set<string>(), hasNameless: false };
    });
    for (const row of assembler.finish()) this.add(row);
    for (const span of run.spans) {
      if (this.bySpan.has(keyOf(span))) this.complain(`two spans are called ${keyOf(span)}`);
      this.bySpan.set(keyOf(span), span);
      const trace = this.byTrace.get(span.traceId);
      if (trace) trace.push(span);
      else this.byTrace.set(span.traceId, [span]);
    }
  }

  judge(): TraceReport {
    this.findFaults();
    const traced = [...this.rows.values()].filter((row) => this.judgeFault(row)).map(({ id }) => id);
    for (const read of this.read) this.judgeMessage(read);
    for (const span of this.run.spans) this.judgeSpan(span);
    const names: Record<string, number> = {};
    for (const { name } of this.run.spans) names[name] = (names[name] ?? 0) + 1;
    return { complaints: this.complaints, traced, names };
  }

  private complain(text: string): void {
    this.complaints.push(text);
  }

  private add(row: FaultRow): void {
    const { segment, segmentEpoch, request, model, round } = row;
    if (!this.run.sampler.samples(segment, segmentEpoch, request)) return;
    // A stop marker is no fault, also where a driver takes it for one (R23, R75).
    if (model === 'pri' && (row.permissions & 3) === 0) return;
    const stallRound = model === 'stall' ? round : 0;
    this.rows.set(row.id, row);
    this.faultOf.set(this.run.sampler.rootOf({ segment, segmentEpoch, request, stallRound }).traceId, row.id);
  }

  /** Joins the events of the log to the faults that they are about. */
  private findFaults(): void {
    const groups = new Map<string, string[]>();
    const latest = new Map<string, string>();
    const membersOf = (unit: string, epoch: number, group: number): string[] =>
      groups.get(`${unit}.${epoch}.${group}`) ?? [];
    for (const { message, events } of this.read) {
      const { unit } = message.headers;
      for (const event of events)
        if (event.kind === 'GroupQueued')
          groups.set(
            `${unit}.${event.groupEpoch}.${event.group}`,
            event.members.map((record) => nameOf(record, event.model === 'stall' ? record.round : 0)),
          );
    }
    for (const read of this.read) {
      const { message, events, faults } = read;
      const { unit, epoch } = message.headers;
      const add = (name: string | undefined): void => {
        if (name !== undefined && this.rows.has(name)) faults.add(name);
      };
      for (const event of events) {
        switch (event.kind) {
          case 'StallRecorded':
          case 'StallDeferred':
            // The round before ends with this one. It may have been queued by an owner who died before he told of its record (D5).
            if (event.round > 0 && latest.get(nameOf(event)) !== nameOf(event, event.round))
              add(nameOf(event, event.round - 1));
            latest.set(nameOf(event), nameOf(event, event.round));
            add(nameOf(event, event.round));
            break;
          case 'StallEnded':
            if (event.rounds > 0) add(nameOf(event, event.rounds - 1));
            break;
          case 'PageRequestQueued':
          case 'PageRequestDropped':
            add(nameOf(event));
            break;
          case 'FaultParked':
          case 'FaultRefused':
          case 'GroupHeld':
            add(latest.get(nameOf(event)) ?? nameOf(event));
            break;
          case 'GroupQueued':
            membersOf(unit, event.groupEpoch, event.group).forEach(add);
            break;
          case 'GroupResponded':
          case 'GroupDiscarded':
            membersOf(unit, event.groupEpoch, event.group).forEach(add);
            read.hasNameless ||= membersOf(unit, event.groupEpoch, event.group).length === 0;
            break;
          case 'GroupHandled':
            membersOf(`iommu.${event.iommu}`, event.epoch, event.group).forEach(add);
            break;
          case 'AccessRetried':
          case 'AccessEnded': {
            const [, segment = ''] = unit.split('.');
            const name = `${segment}.${epoch}.${event.request}`;
            const rounds = event.kind === 'AccessEnded' ? event.rounds : 1;
            if (this.rows.get(name)?.model !== 'stall') add(name);
            else if (rounds > 0) add(rounds > 1 ? `${name}.${rounds - 1}` : name);
            break;
          }
          default:
            break;
        }
      }
    }
  }

  /** Whether the fault is traced from its begin to its end. */
  private judgeFault(row: FaultRow): boolean {
    const { segment, segmentEpoch, request, model, round, id, instants } = row;
    const stallRound = model === 'stall' ? round : 0;
    const identity = this.run.sampler.rootOf({ segment, segmentEpoch, request, stallRound });
    const spans = this.byTrace.get(identity.traceId) ?? [];
    const roots = spans.filter(({ parentId }) => parentId === undefined);
    const [root] = roots;
    if (roots.length > 1) this.complain(`${id} has ${roots.length} roots`);
    // Its device vanished, or was reset: the log may tell of an end, which the record counts as none.
    if (!row.complete) return false;
    if (!root) {
      if (this.run.isWhole) this.complain(`${id} has no root, only ${namesOf(spans)}`);
      return false;
    }
    const times = [root.startMicros, root.endMicros];
    const recorded = [instants.sentAtMicros, instants.settledAtMicros];
    if (String(times) !== String(recorded))
      this.complain(`${id} is traced from ${times.join(' to ')}, recorded from ${recorded.join(' to ')}`);
    const facts = [root.spanId, root.attributes[FAULTLINE.fault], root.attributes[FAULTLINE.settlement]];
    const wanted = [identity.spanId, id, row.settlement];
    if (String(facts) !== String(wanted)) this.complain(`${id} is told as ${facts.join(', ')}`);
    if (this.run.isWhole) this.judgeStages(row, root, spans);
    return true;
  }

  /** Every stage that the record has, with its times, and nothing else. */
  private judgeStages(row: FaultRow, root: Span, spans: readonly Span[]): void {
    const { id, instants, model } = row;
    const parts = spans.filter(({ parentId }) => parentId === root.spanId);
    const shown = parts.map(({ name, startMicros, endMicros }) => `${name} ${startMicros} ${endMicros}`);
    const { writtenAtMicros: written, queuedAtMicros: queued, startedAtMicros: started } = instants;
    const { handledAtMicros: handled, respondedAtMicros: responded, receivedAtMicros } = instants;
    const received = model === 'pri' ? receivedAtMicros : null;
    const held = parts.find(({ name }) => name === 'held');
    const expected: string[] = [];
    const expect = (name: string, from: number | null, to: number | null): void => {
      if (from !== null && to !== null) expected.push(`${name} ${from} ${to}`);
    };
    expect('device -> IOMMU', instants.sentAtMicros, written);
    expect('IOMMU -> queue', written, queued);
    if (held) expect('held', queued, held.endMicros);
    expect('queue wait', held?.endMicros ?? queued, started);
    expect('mm', started, handled);
    if (row.group !== null) expect('response', handled ?? held?.endMicros ?? queued, responded);
    else if (row.code === 'refused') expect('response', written, responded);
    expect('delivery', responded, received);
    expect('retry', received ?? (model === 'stall' ? responded : null), instants.settledAtMicros);
    // What a worker did beside another answer is traced, and no part of the record.
    const isBeside = (text: string): boolean => started === null && /^(queue wait|mm) /.test(text);
    // Members that are refused one by one are answered one by one; their device takes the first answer for that of all (R18, R78).
    const isOneOfMany = (text: string): boolean =>
      row.code === 'refused' && /^(response|delivery) /.test(text);
    const isJudged = (text: string): boolean => !isBeside(text) && !isOneOfMany(text);
    const found = shown.filter(isJudged);
    // An access that is lost with its device is over for the record, whatever its group gets afterwards.
    const isLost = row.code === 'unanswered' || row.settlement === 'removed';
    const isRight = isLost
      ? expected.every((text) => found.includes(text) || !isJudged(text))
      : String(found.sort()) === String(expected.filter(isJudged).sort());
    if (!isRight)
      this.complain(
        `${id} (${row.code}) has the stages\n  ${found.join('\n  ')}\nexpected\n  ${expected.join('\n  ')}`,
      );
    this.judgeHandling(row, parts, spans);
  }

  private judgeHandling({ id, instants }: FaultRow, parts: readonly Span[], spans: readonly Span[]): void {
    const { startedAtMicros, handlingAtMicros, handledAtMicros } = instants;
    const mm = parts.find(({ name }) => name === 'mm');
    const handles = spans.filter(({ parentId }) => mm !== undefined && parentId === mm.spanId);
    if (startedAtMicros === null || handlingAtMicros === null || handledAtMicros === null) return;
    for (const { startMicros, endMicros } of handles)
      if (startMicros < handlingAtMicros || endMicros > handledAtMicros)
        this.complain(`${id} is handled from ${startMicros} to ${endMicros}, which the record has not`);
  }

  private judgeMessage({ message, events, faults, hasNameless }: Read): void {
    const { headers, subject, sequence } = message;
    const what = `message ${sequence} on ${subject}`;
    if (headers.traceparent === undefined) {
      if (faults.size > 0) this.complain(`${what} has no trace, and tells of ${[...faults].join(', ')}`);
      return;
    }
    const sender = parseTraceparent(headers.traceparent);
    const producer = sender && this.bySpan.get(keyOf(sender));
    if (!producer) {
      if (this.run.isWhole) this.complain(`${what} names a sender ${headers.traceparent} that is not traced`);
      return;
    }
    const { attributes } = producer;
    const told = [
      attributes[FAULTLINE.sequence],
      attributes[MESSAGING.destination],
      attributes[MESSAGING.batchCount],
    ];
    if (String(told) !== String([sequence, subject, events.length]))
      this.complain(`${what} is told as ${told.join(', ')}`);
    const linked = this.linkedBy(producer);
    if (headers.schema === 'mm') {
      const pages = new Set(events.map((event) => (event.kind === 'PageInstalled' ? event.page : -1)));
      for (const id of linked)
        if (!pages.has(this.rows.get(id)?.page ?? -2)) this.complain(`${what} installs nothing for ${id}`);
    } else if (
      hasNameless
        ? [...faults].some((id) => !linked.has(id))
        : String([...linked].sort()) !== String([...faults].sort())
    )
      this.complain(`${what} is linked to ${[...linked].join(', ')}, and tells of ${[...faults].join(', ')}`);
    if (this.run.isWhole && linked.size === 0) this.complain(`${what} has a trace and no fault`);
  }

  private judgeSpan(span: Span): void {
    const { name, kind, startMicros, endMicros, parentId, traceId } = span;
    if (!(endMicros >= startMicros) && kind !== 'internal') this.complain(`${name} ends before it begins`);
    for (const { traceId: linked, spanId } of span.links) {
      const isKnown = this.faultOf.has(linked) || this.bySpan.has(`${linked}-${spanId}`);
      if (!isKnown && this.run.isWhole) this.complain(`${name} is linked to a trace ${linked} of nothing`);
    }
    if (kind === 'producer' && parentId !== undefined) this.complain(`${name} has a parent`);
    if (kind !== 'consumer') return;
    const sequence = span.attributes[FAULTLINE.sequence];
    const parent = this.bySpan.get(`${traceId}-${parentId}`);
    if (sequence !== undefined) {
      const message = this.read.find((read) => read.message.sequence === sequence)?.message;
      const sender = parseTraceparent(message?.headers.traceparent);
      if (sender?.spanId !== parentId || sender?.traceId !== traceId)
        this.complain(`${name} of message ${String(sequence)} is not a part of its sending`);
    } else if (!parent && this.run.isWhole) this.complain(`${name} is a part of nothing`);
    if (!parent) return;
    if (
      parent.kind !== 'producer' ||
      parent.attributes[MESSAGING.destination] !== span.attributes[MESSAGING.destination]
    )
      this.complain(`${name} is a part of ${parent.name}`);
    const linked = this.linkedBy(span);
    const sent = this.linkedBy(parent);
    // What a message does not say of itself, its reader does not know; and a segment is told of other devices too.
    const isExact =
      /^process (iommu\.queue|mm\.handle|iommu\.page-request|iommu\.translate)$/.test(name) &&
      span.links.length > 0;
    if ([...linked].some((id) => !sent.has(id)) || (isExact && this.run.isWhole && linked.size !== sent.size))
      this.complain(`${name} is linked to ${[...linked].join()}, its sending to ${[...sent].join()}`);
  }

  private linkedBy({ links }: Span): Set<string> {
    return new Set(links.map(({ traceId }) => this.faultOf.get(traceId)).filter((id) => id !== undefined));
  }
}

const keyOf = ({ traceId, spanId }: Pick<Span, 'traceId' | 'spanId'>): string => `${traceId}-${spanId}`;
const namesOf = (spans: readonly Span[]): string => spans.map(({ name }) => name).join(', ') || 'nothing';

function nameOf(
  { segment, segmentEpoch, request }: { segment: number; segmentEpoch: number; request: number },
  stallRound = 0,
): string {
  const name = `${segment}.${segmentEpoch}.${request}`;
  return stallRound > 0 ? `${name}.${stallRound}` : name;
}
