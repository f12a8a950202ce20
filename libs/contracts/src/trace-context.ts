import { mixBits, type RequestIdentity } from '@faultline/domain';

/** Names a span among all spans there ever are (W3C trace context). */
export interface SpanIdentity {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
}

/** A fault: a page request, or one round of a stalled transaction. */
export interface FaultIdentity extends RequestIdentity {
  /** Which round of a stall it is, from 0; 0 for a page request, whose rounds are requests of their own. */
  stallRound: number;
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f][13579bdf]$/;

/** What a message says of the span that sent it: W3C `traceparent`, always sampled. */
export const traceparentOf = ({ traceId, spanId }: SpanIdentity): string => `00-${traceId}-${spanId}-01`;

/** The span that a `traceparent` names; undefined for one that is not valid, or was not sampled. */
export function parseTraceparent(text: string | undefined): SpanIdentity | undefined {
  const [, traceId, spanId] = (text !== undefined && TRACEPARENT.exec(text)) || [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

/** Independent hashes of one identity: one to decide by, four for the trace, two for its root. */
const TRACE_WORDS = 4;
const SPAN_WORDS = 2;
const WORDS = 1 + TRACE_WORDS + SPAN_WORDS;
/** Codes of the hexadecimal digits. */
const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const GOLDEN = 0x9e3779b9;

/** Requests with neighbouring numbers are traced together, sixteen at a time. */
const NEIGHBOUR_BITS = 4;

/**
 * Which faults of a laboratory are traced, and what their traces are called. Both follow from the fault's identity alone, so every
 * service comes to the same without being told by another one, and whoever knows a fault can look its trace up.
 *
 * What decides is the hash of a handful of neighbours, which mostly travel in the same messages: chosen one by one, one fault in a
 * hundred would have nearly every message of a busy path tell of some traced fault, and most spans would be of messages.
 */
export class FaultSampler {
  private readonly salts: readonly number[];
  private readonly threshold: number;
  /** Hash of the segment and epoch that were asked for last: nearly always those that are asked for next. */
  private segment = -1;
  private epoch = -1;
  private prefix = 0;

  /** `ratio`: share of the faults that is traced, from 0 to 1. Names of laboratories are unique over runs, and so are their traces. */
  constructor(lab: string, ratio: number) {
    this.salts = saltsOf(lab);
    this.threshold = Math.round(ratio * 2 ** 32);
  }

  /** Whether the fault is traced, with all rounds of a stall. Asked for every fault several times: a hash and a comparison. */
  samples(segment: number, epoch: number, request: number): boolean {
    if (segment !== this.segment || epoch !== this.epoch) {
      this.segment = segment;
      this.epoch = epoch;
      this.prefix = mixBits(mixBits((this.salts[0] ?? 0) ^ segment) ^ epoch);
    }
    return mixBits(this.prefix ^ (request >>> NEIGHBOUR_BITS)) >>> 0 < this.threshold;
  }

  /** The root span of the fault's trace. */
  rootOf(fault: FaultIdentity): SpanIdentity {
    return {
      traceId: this.wordsOf(fault, 1, TRACE_WORDS),
      spanId: this.wordsOf(fault, 1 + TRACE_WORDS, SPAN_WORDS),
    };
  }

  /** Some hashes of a fault as hexadecimal digits. Of their codes at once: to put texts together takes several times as long. */
  private wordsOf(
    { segment, segmentEpoch, request, stallRound }: FaultIdentity,
    from: number,
    words: number,
  ): string {
    const codes: number[] = [];
    for (let place = from; place < from + words; place += 1) {
      const prefix = mixBits(mixBits((this.salts[place] ?? 0) ^ segment) ^ segmentEpoch);
      const hash = mixBits(mixBits(prefix + Math.imul(stallRound, GOLDEN)) ^ request);
      for (let shift = 28; shift >= 0; shift -= 4) codes.push(DIGITS[(hash >>> shift) & 15] ?? 0);
    }
    return String.fromCharCode(...codes);
  }
}

function saltsOf(text: string): number[] {
  return Array.from({ length: WORDS }, (_, place) => {
    let salt = mixBits(Math.imul(place + 1, GOLDEN));
    for (let at = 0; at < text.length; at += 1) salt = mixBits((salt ^ text.charCodeAt(at)) + GOLDEN);
    return salt;
  });
}
