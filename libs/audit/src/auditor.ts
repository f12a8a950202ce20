import {
  decodeLogBody,
  DecodeError,
  iommuHwSchema,
  iommuQueueSchema,
  iopfSchema,
  type LogEvent,
  mmSchema,
  segmentSchema,
} from '@faultline/contracts';
import { AccessLedger, type ScenarioTotals } from './access-ledger';
import type { ChainHead } from './chain-check';
import { EventCounters } from './counters';
import { FaultAssembler } from './fault-assembler';
import { type FaultInstants, type FaultRow, type Measured, measureStages } from './fault-row';
import { Findings } from './findings';
import { GroupLedger } from './group-ledger';
import type { Sha256 } from './hash-chain';
import type { DecodedMessage, LoggedMessage } from './message';
import { rowOf } from './open-faults';
import { PageLedger } from './page-ledger';
import { partialDroppers } from './partial-droppers';
import { PasidLedger } from './pasid-ledger';
import type { AuditReport, Invariant, Violation } from './report';
import { SequenceCheck } from './sequence-check';
import { TeardownLedger } from './teardown-ledger';
import { checkTimeline, DEFAULT_CLOCK_TOLERANCE_MICROS } from './timeline-check';

export interface AuditorOptions {
  /** Given, the hashes of the messages are checked too. */
  sha256?: Sha256;
  /** What the first message is chained to; the genesis hash by default. */
  previousHash?: Uint8Array;
  /** Where the log has to begin; 1 by default. */
  firstSequence?: number;
  /** Where the record says that it ends, and heads of its chain that were published elsewhere. */
  end?: ChainHead;
  published?: readonly ChainHead[];
  /** How many violations of each invariant are kept; all are counted. 20 by default. */
  violationsKept?: number;
  /** How far instants of two processes may be in the wrong order, in microseconds. */
  clockToleranceMicros?: number;
  /** How many accesses each device has to end. Without it a missing last access of a workload does not show. */
  totals?: ScenarioTotals;
  /** Gets the row of every fault that settled: whoever audits has them for nothing. */
  onFault?(row: FaultRow): void;
  /** Gets how long every fault took that settled, and when, which costs no row. */
  onMeasured?(measured: Measured, instants: FaultInstants): void;
  /** Gets every violation at the message that shows it, also those that are not kept. */
  onViolation?(violation: Violation): void;
  /** Gets the events of every message, decoded once. */
  onEvents?(events: readonly LogEvent[], message: LoggedMessage): void;
}

interface Ledger {
  observe(message: DecodedMessage): void;
}

/**
 * Checks the invariants of a log in one pass, in log order. Memory is bounded by what is open (faults, groups, mapped pages) plus
 * one bit a number where numbers have holes; it does not grow with the number of faults. Never throws for what a log may hold.
 */
export class Auditor {
  private readonly findings: Findings;
  private readonly sequenceCheck: SequenceCheck;
  private readonly groups: GroupLedger;
  private readonly accesses: AccessLedger;
  private readonly pages: PageLedger;
  private readonly pasids: PasidLedger;
  private readonly teardowns: TeardownLedger;
  private readonly assembler: FaultAssembler;
  /** Who looks at the messages of a schema. */
  private readonly ledgers: ReadonlyMap<string, readonly Ledger[]>;
  private readonly counters = new EventCounters();
  private messages = 0;
  private events = 0;
  private firstSequence = 0;
  private lastSequence = 0;
  private runEnded: AuditReport['runEnded'] = 'running';

  constructor(private readonly options: AuditorOptions = {}) {
    this.findings = new Findings(options.violationsKept ?? 20, (violation) =>
      options.onViolation?.(violation),
    );
    this.sequenceCheck = new SequenceCheck(this.findings, options);
    this.groups = new GroupLedger(this.findings, (record) => this.pasids.isOver(record));
    this.accesses = new AccessLedger(this.findings);
    this.pages = new PageLedger(this.findings);
    this.pasids = new PasidLedger(this.findings, (pasid, generation) =>
      this.groups.pendingOfPasid(pasid, generation),
    );
    this.teardowns = new TeardownLedger(this.findings);
    const tolerance = options.clockToleranceMicros ?? DEFAULT_CLOCK_TOLERANCE_MICROS;
    this.assembler = new FaultAssembler((fault) => {
      const measured = measureStages(fault.instants, fault.model);
      checkTimeline(fault, measured, tolerance, this.findings);
      options.onMeasured?.(measured, fault.instants);
      options.onFault?.(rowOf(fault, measured));
    });
    const { groups, pasids, teardowns, pages, accesses, assembler } = this;
    this.ledgers = new Map<string, readonly Ledger[]>([
      [iommuQueueSchema.name, [groups, assembler]],
      [iommuHwSchema.name, [groups, pasids, teardowns, assembler]],
      [iopfSchema.name, [groups, assembler]],
      [mmSchema.name, [pasids, pages]],
      [segmentSchema.name, [accesses, assembler]],
    ]);
  }

  /**
   * Takes the next message of the log, with the hash stored beside it where there is a chain.
   *
   * @param decoded what its body holds, where that is known
   */
  observe(message: LoggedMessage, hash?: Uint8Array, decoded?: readonly LogEvent[]): void {
    if (this.messages === 0) this.firstSequence = message.sequence;
    this.messages += 1;
    this.lastSequence = message.sequence;
    this.sequenceCheck.observe(message, hash);
    const events = decoded ?? this.decode(message);
    if (events === undefined) return;
    this.events += events.length;
    this.options.onEvents?.(events, message);
    for (const event of events) this.counters.take(event);
    const { sequence, subject, headers, body } = message;
    const ledgers = this.ledgers.get(headers.schema);
    if (!ledgers) {
      this.learn(events);
      return this.watchRun(events);
    }
    const whole = { sequence, subject, headers, body, events };
    for (const ledger of ledgers) ledger.observe(whole);
  }

  /** What was found up to here. May be asked more than once, and the auditor goes on; what a record's end shows is found at once. */
  verdict(): AuditReport {
    const chain = this.sequenceCheck.report();
    const invariants = this.findings.reports(this.unfinished());
    return {
      clean: invariants.every(({ status }) => status !== 'failed'),
      messages: this.messages,
      events: this.events,
      firstSequence: this.firstSequence,
      lastSequence: this.lastSequence,
      runEnded: this.runEnded,
      chain,
      invariants,
      eventsByKind: this.counters.byKind,
      counts: this.counters.byCause,
      pending: {
        groups: this.groups.pendingGroups,
        requests: this.groups.pendingRequests,
        stalls: this.groups.heldStalls,
        faults: this.assembler.openFaults,
      },
      work: this.accesses.workTime,
    };
  }

  /** What cannot be looked at yet: true of this moment only, since the run may go on. */
  private unfinished(): Partial<Record<Invariant, string>> {
    if (this.runEnded === 'finished') return {};
    const until = this.runEnded === 'running' ? 'has not ended' : `was ${this.runEnded}`;
    return { I5: `the run ${until}: only that no access ends twice was looked at` };
  }

  private decode(message: LoggedMessage): LogEvent[] | undefined {
    try {
      return decodeLogBody(message.headers.schema, message.body);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.counters.add(`undecodable.${message.headers.schema}`, 1);
      // Without its events every other check is blind here, so the log counts as not whole.
      this.findings.violate(
        'I4',
        message.sequence,
        `message ${message.sequence} on ${message.subject}`,
        error.message,
      );
      return undefined;
    }
  }

  /** What the scenario says that is needed to judge what follows. */
  private learn(events: readonly LogEvent[]): void {
    for (const event of events)
      if (event.kind === 'ScenarioLoaded') this.groups.learn(partialDroppers(event.scenario));
  }

  private watchRun(events: readonly LogEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'RunEnded') continue;
      this.runEnded = event.reason;
      if (event.reason === 'finished') this.finishRun();
    }
  }

  /** I5: a finished run has drained, so whatever is pending now has no end. */
  private finishRun(): void {
    const { findings, groups, assembler, lastSequence } = this;
    const pending: [string, number][] = [
      ['groups', groups.pendingGroups],
      ['page requests', groups.pendingRequests],
      ['stalled accesses', groups.heldStalls],
      ['faults', assembler.openFaults],
    ];
    for (const [what, count] of pending) {
      findings.check('I5');
      if (count > 0)
        findings.violate('I5', lastSequence, what, `the run is finished, but ${count} are pending`);
    }
    if (groups.leftovers > 0) {
      this.counters.add('requestsLeftInPartialLists', groups.leftovers);
      const kept = `${groups.leftovers} requests that an IOMMU answered itself are still in partial lists, which its driver keeps (R88)`;
      findings.note('I1', kept);
    }
    groups.finish(lastSequence);
    this.teardowns.finish(lastSequence);
    this.accesses.finish(lastSequence, this.options.totals);
  }
}
