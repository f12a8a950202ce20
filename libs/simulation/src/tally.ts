import {
  Auditor,
  type AuditorOptions,
  type AuditReport,
  chainMessage,
  GENESIS_HASH,
  type FaultInstants,
  type Measured,
  type ScenarioTotals,
  type Sha256,
  STAGES,
} from '@faultline/audit';
import { DecodeError, decodeLogBody, type LogEvent } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import { StageHistograms } from '@faultline/stats';

/** Looks at every message of a simulated log as it is stored, and keeps none of them. */
export class Tally {
  /** Latencies of the faults. */
  readonly times = new StageHistograms(STAGES);
  faults = 0;
  messages = 0;
  bytes = 0;
  private firstSentMicros = Number.POSITIVE_INFINITY;
  private lastSettledMicros = Number.NEGATIVE_INFINITY;
  private hash: Uint8Array = GENESIS_HASH;
  private readonly auditor: Auditor;

  constructor(
    private readonly sha256: Sha256,
    totals: ScenarioTotals,
    listeners: Pick<AuditorOptions, 'onFault' | 'onViolation' | 'onEvents'> = {},
  ) {
    this.auditor = new Auditor({
      totals,
      clockToleranceMicros: 0,
      onMeasured: (measured, instants) => this.take(measured, instants),
      ...listeners,
    });
  }

  observe(message: LogMessage): void {
    this.messages += 1;
    this.bytes += message.body.length;
    this.hash = chainMessage(this.hash, message, this.sha256);
    this.auditor.observe(message, undefined, eventsOf(message));
  }

  verdict(): AuditReport {
    return this.auditor.verdict();
  }

  /** Head of the log's hash chain, in hexadecimal: the same for the same seed, on any machine. */
  get logHash(): string {
    return Array.from(this.hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** From the sending of the first fault to the settling of the last; 0 without one. */
  get activeMicros(): number {
    return Math.max(0, this.lastSettledMicros - this.firstSentMicros);
  }

  private take(measured: Measured, { sentAtMicros, settledAtMicros }: FaultInstants): void {
    this.faults += 1;
    this.firstSentMicros = Math.min(this.firstSentMicros, sentAtMicros);
    if (settledAtMicros !== null) this.lastSettledMicros = Math.max(this.lastSettledMicros, settledAtMicros);
    this.times.record(measured);
  }
}

/** The message's events, decoded for all its readers; undefined for what cannot be decoded, of which the auditor says what it is. */
function eventsOf(message: LogMessage): readonly LogEvent[] | undefined {
  try {
    message.records = decodeLogBody(message.headers.schema, message.body);
    return message.records as LogEvent[];
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
