import type { ByteReader, ByteWriter } from './buffers';
import { EncodeError, FieldOutOfRange } from './errors';
import { FIELD_LIMITS, type Field, type Layout } from './layout';

/**
 * Turns layouts into straight-line encoders and decoders, as schema compilers do: a generated function reads a record in about
 * the time of a hand-written one, where walking the table for each field costs ten times as much. Field names come from this
 * repository's own tables, never from input.
 */
export interface CompiledLayout {
  encode(writer: ByteWriter, record: object): void;
  decode(reader: ByteReader): Record<string, unknown>;
}

const FIXED_BYTES: Partial<Record<Field['type'], number>> = {
  u8: 1,
  bool: 1,
  enum: 1,
  u16: 2,
  offset: 2,
  u32: 4,
  i32: 4,
  pasid: 4,
  f64: 8,
  micros: 8,
  page: 8,
  // How many elements it has.
  list: 2,
};
const GETTERS: Partial<Record<Field['type'], string>> = {
  u8: 'Uint8',
  u16: 'Uint16',
  u32: 'Uint32',
  i32: 'Int32',
  f64: 'Float64',
};

/** Names that generated code may use; everything else it sees are the tables' own literals. */
interface Helpers {
  lists: CompiledLayout[];
  words: (readonly string[])[];
  range(field: string, value: number, expected: string): never;
  word(field: string, value: unknown): never;
  long(field: string, length: number): never;
}

export function compileLayout(layout: Layout, kind?: string): CompiledLayout {
  const helpers: Helpers = {
    lists: [],
    words: [],
    range: (field, value, expected) => {
      throw new FieldOutOfRange(field, value, expected);
    },
    word: (field, value) => {
      throw new EncodeError(`${field} is '${String(value)}', which its list does not have`);
    },
    long: (field, length) => {
      throw new EncodeError(`${field} has ${length} elements, at most 65535 fit`);
    },
  };
  const encodes: string[] = [];
  const decodes: string[] = [];
  let fixed = 0;
  layout.fields.forEach(([name, field], place) => {
    fixed += FIXED_BYTES[field.type] ?? 0;
    encodes.push(encodeStatement(name, field, helpers.lists.length));
    decodes.push(decodeStatement(`f${place}`, name, field, helpers));
    if (field.type === 'list') helpers.lists.push(compileLayout(field.of));
    if (field.type === 'enum') helpers.words.push(field.values);
  });
  const literal = layout.fields.map(([name], place) => `${name}: f${place}`).join(', ');
  const result =
    kind === undefined ? `{ ${literal} }` : `{ kind: ${JSON.stringify(kind)}${literal && ', '}${literal} }`;
  const encode = new Function(
    'h',
    `return (w, r) => { w.reserve(${fixed}); let v = w.view, p = w.position; ${encodes.join('\n')} w.position = p; }`,
  );
  const decode = new Function(
    'h',
    `return (s) => { const v = s.view; let p = s.position; ${decodes.join('\n')} s.position = p; return ${result}; }`,
  );
  return {
    encode: encode(helpers) as CompiledLayout['encode'],
    decode: decode(helpers) as CompiledLayout['decode'],
  };
}

/** After a part of unknown size the fixed fields that follow need room again, so variable parts reserve with a margin. */
const MARGIN_BYTES = 256;

function encodeStatement(name: string, field: Field, lists: number): string {
  const value = `r.${name}`;
  const plain = GETTERS[field.type];
  if (plain) return `v.set${plain}(p, ${value}, true); p += ${FIXED_BYTES[field.type]};`;
  const variable = (call: string) =>
    `w.position = p; ${call} w.reserve(${MARGIN_BYTES}); v = w.view; p = w.position;`;
  switch (field.type) {
    case 'bool':
      return `v.setUint8(p, ${value} ? 1 : 0); p += 1;`;
    case 'offset':
      return `v.setUint16(p, ${value}, true); p += 2;`;
    case 'pasid':
      return `v.setInt32(p, ${value}, true); p += 4;`;
    case 'micros':
      return `v.setFloat64(p, ${value}, true); p += 8;`;
    case 'page':
      return `v.setUint32(p, ${value} >>> 0, true); v.setUint32(p + 4, (${value} / 4294967296) >>> 0, true); p += 8;`;
    case 'enum': {
      const words = field.values.map(
        (word, rank) => `case ${JSON.stringify(word)}: v.setUint8(p, ${rank}); break;`,
      );
      return `switch (${value}) { ${words.join(' ')} default: h.word('${name}', ${value}); } p += 1;`;
    }
    case 'text':
      return variable(`w.text(${value});`);
    case 'json':
      return variable(`w.json(${value});`);
    case 'list': {
      const each = `for (let i = 0; i < a.length; i += 1) h.lists[${lists}].encode(w, a[i]);`;
      return `{ const a = ${value}; if (a.length > 65535) h.long('${name}', a.length); v.setUint16(p, a.length, true); p += 2; ${variable(each)} }`;
    }
    default:
      throw new Error(`no encoder for field type ${field.type}`);
  }
}

function decodeStatement(local: string, name: string, field: Field, helpers: Helpers): string {
  const plain = GETTERS[field.type];
  if (plain) return `const ${local} = v.get${plain}(p, true); p += ${FIXED_BYTES[field.type]};`;
  const variable = (call: string) => `s.position = p; const ${local} = ${call}; p = s.position;`;
  switch (field.type) {
    case 'bool':
      return `const ${local} = v.getUint8(p) !== 0; p += 1;`;
    case 'offset':
      return `const ${local} = v.getUint16(p, true); p += 2; if (${local} > ${FIELD_LIMITS.offset}) h.range('${name}', ${local}, '0 to 4095');`;
    case 'pasid':
      return `const ${local} = v.getInt32(p, true); p += 4; if (${local} < -1 || ${local} > ${FIELD_LIMITS.pasid}) h.range('${name}', ${local} >>> 0, 'a PASID of 20 bits or none');`;
    case 'micros':
      return `const ${local} = v.getFloat64(p, true); p += 8; if (!(${local} >= 0 && ${local} < 9e15)) h.range('${name}', ${local}, 'microseconds, finite and not negative');`;
    case 'page':
      return `const ${local} = v.getUint32(p, true) + v.getUint32(p + 4, true) * 4294967296; p += 8; if (${local} > ${FIELD_LIMITS.page}) h.range('${name}', ${local}, 'a page number of 52 bits');`;
    case 'enum':
      return `const ${local}n = v.getUint8(p); p += 1; const ${local} = h.words[${helpers.words.length}][${local}n]; if (${local} === undefined) h.range('${name}', ${local}n, 'one of ${field.values.join(', ')}');`;
    case 'text':
      return variable('s.text()');
    case 'json':
      return variable('s.json()');
    case 'list':
      return `const ${local}c = v.getUint16(p, true); p += 2; const ${local} = []; s.position = p; for (let i = 0; i < ${local}c; i += 1) ${local}.push(h.lists[${helpers.lists.length}].decode(s)); p = s.position;`;
    default:
      throw new Error(`no decoder for field type ${field.type}`);
  }
}
