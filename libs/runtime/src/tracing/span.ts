import type { SpanIdentity } from '@faultline/contracts';

export type AttributeValue = string | number | boolean;

/** A span that is over, as plain data. */
export interface Span extends SpanIdentity {
  name: string;
  kind: 'internal' | 'producer' | 'consumer';
  /** The span that it is a part of, of the same trace; absent for a root. */
  parentId?: string;
  /** Microseconds since the Unix epoch. */
  startMicros: number;
  endMicros: number;
  attributes: Readonly<Record<string, AttributeValue>>;
  links: readonly SpanIdentity[];
  /** What went wrong. */
  error?: string;
}

/** What is said of a fault, or of a stage of it. */
export type FaultSpan = Pick<Span, 'name' | 'startMicros' | 'endMicros' | 'attributes' | 'error'>;

/** A part of a fault, below one of its spans. */
export const partOf = (
  { traceId, spanId: parentId }: SpanIdentity,
  spanId: string,
  span: FaultSpan,
  links: readonly SpanIdentity[],
): Span => faultSpan({ traceId, spanId }, parentId, span, links);

/** A span of a fault; its root has no parent. Field by field: spreading one object into another costs a microsecond or more. */
export const faultSpan = (
  { traceId, spanId }: SpanIdentity,
  parentId: string | undefined,
  { name, startMicros, endMicros, attributes, error }: FaultSpan,
  links: readonly SpanIdentity[],
): Span => ({
  traceId,
  spanId,
  parentId,
  name,
  kind: 'internal',
  startMicros,
  endMicros,
  attributes,
  links,
  error,
});

/** Where spans go when they are over. Takes each at once, and never throws. */
export interface SpanSink {
  take(span: Span): void;
}

/** What spans are made with. */
export interface SpanSource extends SpanSink {
  nowMicros(): number;
  /** Names for the root of a trace that nobody has to find by what it is about. */
  newTrace(): SpanIdentity;
  newSpanId(): string;
}

/** Names of attributes that OpenTelemetry's conventions for messaging give. */
export const MESSAGING = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  batchCount: 'messaging.batch.message_count',
} as const;

/** Names of Faultline's own attributes. */
export const FAULTLINE = {
  lab: 'faultline.lab',
  fault: 'faultline.fault',
  stage: 'faultline.stage',
  model: 'faultline.model',
  device: 'faultline.device',
  pasid: 'faultline.pasid',
  page: 'faultline.page',
  access: 'faultline.access',
  round: 'faultline.round',
  groupId: 'faultline.group.id',
  group: 'faultline.group',
  queue: 'faultline.queue',
  settlement: 'faultline.settlement',
  code: 'faultline.code',
  cause: 'faultline.cause',
  resolution: 'faultline.resolution',
  error: 'faultline.error',
  /** Position of a message in the log. */
  sequence: 'faultline.log.sequence',
  deliveries: 'faultline.deliveries',
} as const;
