import { createZodDto, type ZodDto } from 'nestjs-zod';
import type { z } from 'zod';

interface Described {
  _OPENAPI_METADATA_FACTORY(): Record<string, { type?: unknown }>;
}

/**
 * A class from a schema, for validation, for types, and for the document. It is nestjs-zod's, but for fields that may be null: zod writes
 * `type: [T, 'null']` for them, which Nest's Swagger takes for a list of T.
 */
export function createDto<Schema extends z.ZodObject>(schema: Schema): ZodDto<Schema, false> {
  const Dto = createZodDto(schema);
  const output = Object.getOwnPropertyDescriptor(Dto, 'Output')?.get;
  Object.defineProperty(Dto, 'Output', {
    get(this: object) {
      const described = output?.call(this) as Described;
      const fields = described._OPENAPI_METADATA_FACTORY.bind(described);
      described._OPENAPI_METADATA_FACTORY = () =>
        Object.fromEntries(Object.entries(fields()).map(([name, field]) => [name, spelledOut(field)]));
      return described;
    },
  });
  return Dto;
}

function spelledOut(field: { type?: unknown }): object {
  if (!Array.isArray(field.type)) return field;
  return { ...field, type: '', anyOf: field.type.map((type: unknown) => ({ type })) };
}
