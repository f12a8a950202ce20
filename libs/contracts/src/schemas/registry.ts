import type { DurableSegmentEvent, IommuEvent, IopfEvent, MmEvent } from '@faultline/domain';
import { UnknownSchema } from '../codec';
import type { Schema, Tagged } from '../codec';
import type { BatchHeaders } from '../headers';
import { type LabEvent, iopfSchema, labSchema, mmSchema, segmentSchema } from './events';
import { type CycleClosed, iommuHwSchema, iommuQueueSchema } from './iommu';
import { handleSchema, invalidateSchema, pageRequestSchema, stopSchema, translateSchema } from './lanes';

/** Any event that can stand in the log. */
export type LogEvent = IommuEvent | CycleClosed | IopfEvent | MmEvent | DurableSegmentEvent | LabEvent;

const schemas: ReadonlyMap<string, Schema<never>> = new Map(
  [iommuQueueSchema, iommuHwSchema, iopfSchema, mmSchema, segmentSchema, labSchema].map((schema) => [
    schema.name,
    schema as unknown as Schema<never>,
  ]),
);

/** Every log schema. */
export const logSchemas: readonly Schema<never>[] = [...schemas.values()];

/** What is read was written by a newer Faultline than this one, in a way that this one does not know. */
export class WrittenByNewer extends Error {
  constructor(
    readonly subject: string,
    readonly schema: string,
    readonly version: number,
    readonly known: number,
  ) {
    super(
      `${subject} was written by a newer Faultline (schema '${schema}' version ${version}, this one knows up to ${known}): run that version, or use another laboratory name`,
    );
    this.name = 'WrittenByNewer';
  }
}

/** Throws {@link WrittenByNewer} when what stands on the subject is of a later version of a schema that is known here. */
export function refuseNewer(subject: string, headers: Pick<BatchHeaders, 'schema' | 'version'>): void {
  const known = schemas.get(headers.schema)?.newest;
  if (known !== undefined && headers.version > known)
    throw new WrittenByNewer(subject, headers.schema, headers.version, known);
}

/** Decodes the body of any log message by the schema its headers name. Throws {@link DecodeError}. */
export function decodeLogBody(schema: string, body: Uint8Array): LogEvent[] {
  const known: Schema<never> | undefined = schemas.get(schema);
  if (!known) throw new UnknownSchema(schema, 0, [...schemas.keys()].join(', '));
  return (known as unknown as Schema<LogEvent & Tagged>).decode(body);
}

const bySubject: readonly (readonly [shape: RegExp, schema: Schema<never>])[] = (
  [
    [/\.log\.iommu\.\d+\.queue\.[^.]+$/, iommuQueueSchema],
    [/\.log\.iommu\.\d+\.hw$/, iommuHwSchema],
    [/\.log\.iopf\.\d+$/, iopfSchema],
    [/\.log\.mm\.\d+$/, mmSchema],
    [/\.log\.segment\.\d+$/, segmentSchema],
    [/\.log\.lab$/, labSchema],
    [/\.cmd\.iommu\.\d+\.translate$/, translateSchema],
    [/\.cmd\.iommu\.\d+\.page-request$/, pageRequestSchema],
    [/\.cmd\.(iommu|segment)\.\d+\.invalidate$/, invalidateSchema],
    [/\.cmd\.segment\.\d+\.stop$/, stopSchema],
    [/\.cmd\.mm\.\d+\.handle$/, handleSchema],
  ] as const
).map(([shape, schema]) => [shape, schema as unknown as Schema<never>]);

/** The schema of what belongs on a subject, log or lane; `undefined` for a subject that is none of a laboratory's. */
export function schemaOfSubject(subject: string): Schema<Tagged> | undefined {
  const found = bySubject.find(([shape]) => shape.test(subject))?.[1];
  return found as unknown as Schema<Tagged> | undefined;
}
