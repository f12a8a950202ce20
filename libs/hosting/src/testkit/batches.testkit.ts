import type { BatchHeaders } from '@faultline/contracts';
import type { LogAppend, LogMessage, LogPort } from '../ports';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (body: Uint8Array): string => new TextDecoder().decode(body);

export function headersOf(overrides: Partial<BatchHeaders> = {}): BatchHeaders {
  return { schema: 'iommu.hw', version: 1, unit: 'iommu.0', epoch: 1, cycle: 1, ...overrides };
}

/** An append without a fence; the id is the body unless another is given. */
export function batch(subject: string, body: string, overrides: Partial<LogAppend> = {}): LogAppend {
  return { subject, headers: headersOf(), body: bytes(body), id: `${subject}/${body}`, ...overrides };
}

/** Appends bodies one after the other and gives their sequences. */
export async function appendAll(log: LogPort, subject: string, bodies: readonly string[]): Promise<number[]> {
  const sequences: number[] = [];
  for (const body of bodies) sequences.push((await log.append(batch(subject, body))).sequence);
  return sequences;
}

/** What a follower saw, and what it reported. */
export class Collected {
  readonly messages: LogMessage[] = [];
  readonly errors: Error[] = [];
  readonly onMessage = (message: LogMessage): void => void this.messages.push(message);
  readonly onError = (error: Error): void => void this.errors.push(error);

  get bodies(): string[] {
    return this.messages.map((message) => text(message.body));
  }
  get sequences(): number[] {
    return this.messages.map((message) => message.sequence);
  }
}

export const numbered = (count: number, prefix = 'b'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
