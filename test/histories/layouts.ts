import { type Field, type RecordLayout, Schema, type SchemaDefinition } from '@faultline/contracts';
import * as contracts from '@faultline/contracts';

/** A field's type as it is pinned: its name, or what it is made of. */
export type PinnedType = string | { oneOf: string[] } | { list: [name: string, type: PinnedType][] };

/** A record as it is pinned. */
export interface PinnedRecord {
  tag: number;
  fields: [name: string, type: PinnedType][];
}

/** Every layout there is: by schema, version and kind of record. */
export type PinnedLayouts = Record<string, Record<string, Record<string, PinnedRecord>>>;

/** Every schema that travels: those of the log, and those of the lanes between services. */
export function allSchemas(): SchemaDefinition[] {
  const found = Object.values(contracts).filter(
    (each): each is Schema<never> => (each as unknown) instanceof Schema,
  );
  return found.map(({ definition }) => definition);
}

export function layoutsOf(schemas: readonly SchemaDefinition[]): PinnedLayouts {
  return Object.fromEntries(
    schemas.map(({ name, versions }) => [
      name,
      Object.fromEntries(
        Object.entries(versions).map(([version, records]) => [
          version,
          Object.fromEntries(records.map((record) => [record.kind, pin(record)])),
        ]),
      ),
    ]),
  );
}

function pin({ tag, fields }: RecordLayout): PinnedRecord {
  return { tag, fields: fields.map(([name, field]) => [name, typeOf(field)]) };
}

function typeOf(field: Field): PinnedType {
  if (field.type === 'enum') return { oneOf: [...field.values] };
  if (field.type === 'list') return { list: field.of.fields.map(([name, each]) => [name, typeOf(each)]) };
  return field.type;
}

export interface Change {
  /** What is wrong, where, and what to do, in one line. */
  complaint: string;
  /** Whether it may be pinned anew: nobody has messages of that layout yet. */
  mayBePinned: boolean;
}

const PIN_ANEW = 'UPDATE_LAYOUTS=1 npx jest test/histories/layouts pins it';

/** How the layouts differ from those that were pinned; `released` says up to which version of a schema messages may be anywhere. */
export function changesOf(
  pinned: PinnedLayouts,
  schemas: readonly SchemaDefinition[],
  released: Readonly<Record<string, number>>,
): Change[] {
  const current = layoutsOf(schemas);
  const names = [...new Set([...Object.keys(pinned), ...Object.keys(current)])];
  return names.flatMap((schema) => {
    const versions = [
      ...new Set([...Object.keys(pinned[schema] ?? {}), ...Object.keys(current[schema] ?? {})]),
    ];
    return versions.flatMap((version) =>
      changesOfVersion({ schema, version, isReleased: Number(version) <= (released[schema] ?? 0) }, [
        pinned[schema]?.[version] ?? {},
        current[schema]?.[version] ?? {},
      ]),
    );
  });
}

interface VersionOf {
  schema: string;
  version: string;
  isReleased: boolean;
}

function changesOfVersion(
  { schema, version, isReleased }: VersionOf,
  [pinned, current]: [Record<string, PinnedRecord>, Record<string, PinnedRecord>],
): Change[] {
  const next = Number(version) + 1;
  const what = (kind: string): string => `record ${kind} of schema ${schema}, version ${version},`;
  const remedy = isReleased
    ? `that version was released, and messages of it are in logs: leave it as it was, write version ${next} of schema ${schema} with the change, and upcaster ${version} from it (libs/contracts/src/schemas)`
    : `${PIN_ANEW}; histories of this version have to be recorded anew`;
  const kinds = [...new Set([...Object.keys(pinned), ...Object.keys(current)])];
  return kinds.flatMap((kind): Change[] => {
    const [before, now] = [pinned[kind], current[kind]];
    if (!now) return [{ complaint: `${what(kind)} is gone: ${remedy}`, mayBePinned: !isReleased }];
    if (!before)
      return [
        { complaint: `${what(kind)} is new: ${isReleased ? remedy : PIN_ANEW}`, mayBePinned: !isReleased },
      ];
    const difference = differenceOf(before, now);
    if (difference === undefined) return [];
    if (difference === APPENDED)
      return [{ complaint: `${what(kind)} has more words in a list: ${PIN_ANEW}`, mayBePinned: true }];
    return [{ complaint: `${what(kind)} has changed: ${difference}; ${remedy}`, mayBePinned: !isReleased }];
  });
}

const APPENDED = Symbol('a list of words is longer');

/** What differs, {@link APPENDED} when old messages read as before, or nothing. */
function differenceOf(before: PinnedRecord, now: PinnedRecord): string | typeof APPENDED | undefined {
  if (before.tag !== now.tag) return `its tag was ${before.tag}, is ${now.tag}`;
  return differenceOfFields(before.fields, now.fields);
}

function differenceOfFields(
  before: PinnedRecord['fields'],
  now: PinnedRecord['fields'],
): string | typeof APPENDED | undefined {
  let found: typeof APPENDED | undefined;
  for (let place = 0; place < Math.max(before.length, now.length); place += 1) {
    const [name, type] = before[place] ?? ['nothing', 'nothing'];
    const [nameNow, typeNow] = now[place] ?? ['nothing', 'nothing'];
    if (name !== nameNow) return `field ${place + 1} was ${name}, is ${nameNow}`;
    const difference = differenceOfTypes(type, typeNow);
    if (typeof difference === 'string') return `field ${name}: ${difference}`;
    found ??= difference;
  }
  return found;
}

function differenceOfTypes(before: PinnedType, now: PinnedType): string | typeof APPENDED | undefined {
  if (typeof before === 'object' && typeof now === 'object') {
    if ('list' in before && 'list' in now) return differenceOfFields(before.list, now.list);
    if ('oneOf' in before && 'oneOf' in now) {
      const place = before.oneOf.findIndex((word, index) => now.oneOf[index] !== word);
      if (place >= 0)
        return `word ${place + 1} of its list was '${before.oneOf[place]}', is '${now.oneOf[place] ?? 'nothing'}'`;
      return now.oneOf.length > before.oneOf.length ? APPENDED : undefined;
    }
  }
  return before === now ? undefined : `its type was ${JSON.stringify(before)}, is ${JSON.stringify(now)}`;
}
