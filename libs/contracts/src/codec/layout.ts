import { MAX_PAGE, MAX_PASID } from '@faultline/domain';

/**
 * The layout language of the wire: a record is a list of named fields of fixed meaning, written one after the other, little
 * endian, without padding. A table of layouts is the schema; encoders, decoders and the reference page come from it, so that
 * there is one place where a byte gets its meaning.
 */
export type Field =
  | { type: 'u8' | 'u16' | 'u32' | 'f64' | 'bool' }
  /** 20 bits, or "no PASID" as all ones. */
  | { type: 'pasid' }
  /** 52-bit page number as two 32-bit words. */
  | { type: 'page' }
  /** Byte in a page, 0 to 4095. */
  | { type: 'offset' }
  /** Microseconds, finite and not negative. */
  | { type: 'micros' }
  /** A signed 32-bit index; -1 stands for "all" or "none". */
  | { type: 'i32' }
  /** One of a closed list of words, as its place in the list. Append only: a place never changes its meaning. */
  | { type: 'enum'; values: readonly string[] }
  /** At most 255 bytes of UTF-8. */
  | { type: 'text' }
  /** Any JSON value; for rare records whose shape is checked elsewhere. */
  | { type: 'json' }
  /** At most 65,535 elements, each of the same layout. */
  | { type: 'list'; of: Layout };

/** Names and kinds of a record's fields, in wire order. */
export interface Layout {
  readonly fields: readonly (readonly [name: string, field: Field])[];
}

/** A record kind of a schema: its tag on the wire, and its layout. */
export interface RecordLayout extends Layout {
  readonly kind: string;
  readonly tag: number;
  /** Checks what one field alone cannot say. Returns the complaint. */
  readonly check?: (record: never) => string | undefined;
}

type FieldsOf<T> = { [K in Exclude<keyof T, 'kind'>]-?: Field };

/** A layout whose fields are exactly those of `T`. */
export function layout<T>(fields: FieldsOf<T>): Layout {
  return { fields: Object.entries<Field>(fields) };
}

/** A record layout whose fields are exactly those of `T` without `kind`. */
export function record<T extends { kind: string }>(
  kind: T['kind'],
  tag: number,
  fields: FieldsOf<T>,
  check?: (record: T) => string | undefined,
): RecordLayout {
  return { kind, tag, fields: Object.entries<Field>(fields), check };
}

export const u8: Field = { type: 'u8' };
export const u16: Field = { type: 'u16' };
export const u32: Field = { type: 'u32' };
export const i32: Field = { type: 'i32' };
export const f64: Field = { type: 'f64' };
export const bool: Field = { type: 'bool' };
export const pasid: Field = { type: 'pasid' };
export const page: Field = { type: 'page' };
export const offset: Field = { type: 'offset' };
export const micros: Field = { type: 'micros' };
export const text: Field = { type: 'text' };
export const json: Field = { type: 'json' };
export const oneOf = (values: readonly string[]): Field => ({ type: 'enum', values });
export const list = (of: Layout): Field => ({ type: 'list', of });

/** Largest values the decoder accepts, by field type. */
export const FIELD_LIMITS = { pasid: MAX_PASID, page: MAX_PAGE, offset: 4095 } as const;
