import {
  decodeLogBody,
  iommuHwSchema,
  iommuQueueSchema,
  iopfSchema,
  labSchema,
  type LogEvent,
  mmSchema,
  type Schema,
  segmentSchema,
} from '@faultline/contracts';
import { Auditor, type AuditorOptions } from './auditor';
import { chainMessage, GENESIS_HASH, type Sha256 } from './hash-chain';
import { GOOD_TOTALS } from './log.testkit';
import type { LoggedMessage } from './message';
import type { AuditReport, Invariant, InvariantReport } from './report';

const schemas = [
  iommuHwSchema,
  iommuQueueSchema,
  iopfSchema,
  labSchema,
  mmSchema,
  segmentSchema,
] as unknown as Schema<LogEvent>[];

/** A digest of 32 bytes that is good enough to tell bytes apart; the real one is injected where Node is. */
export const toySha256: Sha256 = (bytes) => {
  const digest = new Uint8Array(32).fill(7);
  bytes.forEach((byte, place) => {
    const slot = place % 32;
    digest[slot] = (digest[slot] ?? 0) * 31 + byte + place;
  });
  return digest;
};

/** Changes the events of the message with this sequence. */
export function rewrite(
  log: readonly LoggedMessage[],
  sequence: number,
  change: (events: LogEvent[]) => LogEvent[],
): LoggedMessage[] {
  return log.map((message) => {
    if (message.sequence !== sequence) return message;
    const schema = schemas.find(({ name }) => name === message.headers.schema);
    if (!schema) throw new Error(`no schema ${message.headers.schema}`);
    return { ...message, body: schema.encode(change(decodeLogBody(schema.name, message.body))) };
  });
}

/** Takes messages out and numbers the others anew, as if those had never been. */
export function without(log: readonly LoggedMessage[], ...sequences: number[]): LoggedMessage[] {
  return renumber(log.filter(({ sequence }) => !sequences.includes(sequence)));
}

export function renumber(log: readonly LoggedMessage[]): LoggedMessage[] {
  return log.map((message, place) => ({ ...message, sequence: place + 1 }));
}

/** Puts messages after the one with this sequence. */
export function insertAfter(
  log: readonly LoggedMessage[],
  sequence: number,
  ...messages: LoggedMessage[]
): LoggedMessage[] {
  return renumber([...log.slice(0, sequence), ...messages, ...log.slice(sequence)]);
}

export function hashesOf(log: readonly LoggedMessage[]): Uint8Array[] {
  let hash: Uint8Array = GENESIS_HASH;
  return log.map((message) => (hash = chainMessage(hash, message, toySha256)));
}

export function audit(
  log: readonly LoggedMessage[],
  options: AuditorOptions = {},
  hashes?: readonly Uint8Array[],
): AuditReport {
  const auditor = new Auditor({ totals: GOOD_TOTALS, ...(hashes ? { sha256: toySha256 } : {}), ...options });
  log.forEach((message, place) => auditor.observe(message, hashes?.[place]));
  return auditor.verdict();
}

export function reportOf(report: AuditReport, invariant: Invariant): InvariantReport {
  const found = report.invariants.find((each) => each.invariant === invariant);
  if (!found) throw new Error(`no report of ${invariant}`);
  return found;
}

/** Invariants that failed, with the sentences of their violations. */
export function failuresOf(report: AuditReport): Record<string, string[]> {
  const failed = report.invariants.filter(({ status }) => status === 'failed');
  return Object.fromEntries(
    failed.map((each) => [each.invariant, each.violations.map((v) => `${v.identity}: ${v.sentence}`)]),
  );
}
