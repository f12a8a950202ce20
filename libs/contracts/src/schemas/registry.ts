import type { DurableSegmentEvent, IommuEvent, IopfEvent, MmEvent } from '@faultline/domain';
import { UnknownSchema } from '../codec';
import type { Schema, Tagged } from '../codec';
import { type LabEvent, iopfSchema, labSchema, mmSchema, segmentSchema } from './events';
import { type CycleClosed, iommuHwSchema, iommuQueueSchema } from './iommu';

/** Any event that can stand in the log. */
export type LogEvent = IommuEvent | CycleClosed | IopfEvent | MmEvent | DurableSegmentEvent | LabEvent;

const schemas: ReadonlyMap<string, Schema<never>> = new Map(
  [iommuQueueSchema, iommuHwSchema, iopfSchema, mmSchema, segmentSchema, labSchema].map((schema) => [
    schema.name,
    schema as unknown as Schema<never>,
  ]),
);

/** Names of every log schema with the version written today. */
export const logSchemas: readonly Schema<never>[] = [...schemas.values()];

/** Decodes the body of any log message by the schema its headers name. Throws {@link DecodeError}. */
export function decodeLogBody(schema: string, body: Uint8Array): LogEvent[] {
  const known: Schema<never> | undefined = schemas.get(schema);
  if (!known) throw new UnknownSchema(schema, 0, [...schemas.keys()].join(', '));
  return (known as unknown as Schema<LogEvent & Tagged>).decode(body);
}
