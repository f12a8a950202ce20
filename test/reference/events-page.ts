import {
  FIELD_LIMITS,
  type Field,
  FORMATS,
  handleSchema,
  invalidateSchema,
  iommuHwSchema,
  iommuQueueSchema,
  iopfSchema,
  labSchema,
  type Layout,
  mmSchema,
  NEWEST_FORMAT,
  pageRequestSchema,
  type RecordLayout,
  type Schema,
  schemaOfSubject,
  segmentSchema,
  stopSchema,
  subjectsOf,
  type Tagged,
  translateSchema,
} from '@faultline/contracts';
import { Permission, ResponseCode } from '@faultline/domain';
import { type Declared, readDeclarations } from './declarations';
import { anchorOf, table } from './markdown';

const HEAD = `# Events and versions

<!-- Generated from the schemas in libs/contracts/src/schemas and the comments of the events in libs/domain; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

Everything that is written to the log or sent between services, byte by byte. A body is a batch of one schema's records.
[Subjects](subjects.md) says where each schema travels, and [the fault path](fault-path.md) has the rules (R-numbers).
\`npx faultline log RUN --json\` prints the records of a run under these names, \`--cloudevents\` wraps each as a CloudEvent.

## The body of a message

All numbers are little endian, without padding: the bytes \`fa 01\`, the schema's version as \`u16\`, the number of records as \`u32\`, then each
record as its tag (\`u8\`) and its fields in the order of the table. A message of the log repeats schema and version in its headers:

| header | meaning |
| --- | --- |
| \`Fl-Schema\`, \`Fl-Version\` | name and version of the body's schema |
| \`Fl-Unit\` | the unit that wrote it, such as \`iommu.0\` |
| \`Fl-Epoch\` | epoch of the unit's owner; 0 for workers and for the laboratory itself, which own no unit |
| \`Fl-Cycle\` | number of the unit's cycle in that epoch; messages of one cycle share it (D5) |
| \`Nats-Msg-Id\` | names the message; JetStream drops one that it has under the name |
| \`traceparent\` | W3C trace context of its sending; only where it tells of a traced fault ([traces](../guides/observe.md#traces)) |
`;

/** Every field type, with its bytes. A type that is not told here does not compile. */
const TYPES: Readonly<Record<Field['type'], [bytes: string, meaning: string]>> = {
  u8: ['1', 'whole number'],
  u16: ['2', 'whole number'],
  u32: ['4', 'whole number'],
  i32: ['4', 'whole number with a sign; -1 stands for all, or for none'],
  f64: ['8', 'number'],
  bool: ['1', '0 or 1'],
  pasid: ['4', `0 to ${FIELD_LIMITS.pasid} (20 bits), or -1 for no PASID`],
  page: ['8', 'page or frame number of 52 bits: the address divided by 4096'],
  offset: ['2', `byte in a page, 0 to ${FIELD_LIMITS.offset}`],
  micros: [
    '8',
    'microseconds, finite and not negative. Where the name ends in `AtMicros`: an instant since 1970-01-01 UTC, on the clock of the machine that it happened on (in a simulation: on the virtual clock). Else a length of time',
  ],
  enum: ['1', 'one of the words, as its place in their list, from 0. Places never change their meaning'],
  text: ['1 and more', 'length in bytes, then UTF-8'],
  json: ['4 and more', 'length in bytes as `u32`, then JSON'],
  list: ['2 and more', 'number of elements as `u16`, then each of them'],
};

/** What a record's own comments do not say again. */
const GLOSSARY: Readonly<Record<string, string>> = {
  device: 'number of the device in the scenario',
  iommu: 'number of the IOMMU in the scenario',
  segment: 'number of the segment: the devices behind one IOMMU',
  shard: 'number of the mm shard',
  mm: 'number of the address space, which is that of its process in the scenario',
  epoch: 'of the owner who writes; each new owner of a unit has a higher one (D5)',
  request: 'number of a page request or stalled access in its segment and epoch, from 1',
  segmentEpoch: 'epoch of the segment that sent the request (D9)',
  group: 'number of a closed group in its IOMMU and epoch, from 1 (D1)',
  groupEpoch: 'epoch in which the group was closed',
  groupId: 'PRG index of 9 bits, or stall tag; used again, unlike `group`',
  generation: 'which use of the PASID (D2)',
  permissions: 'what is asked for or granted, as bits',
  page: 'page of the address space',
  frame: 'page of the physical memory of the shard',
  code: 'what a response says',
  model: 'how the work of a fault is held: by the device, or by the IOMMU',
  access: "number of the access in its device's workload, from 0",
  sequence: 'place in the log',
  responsePasid: 'PASID on the response, or none',
};

const SOURCES = [
  'libs/domain/src/kernel/vocabulary.ts',
  'libs/domain/src/iommu/events.ts',
  'libs/domain/src/iopf/events.ts',
  'libs/domain/src/mm/events.ts',
  'libs/domain/src/mm/run.ts',
  'libs/domain/src/device/events.ts',
  'libs/contracts/src/schemas/events.ts',
  'libs/contracts/src/schemas/iommu.ts',
  'libs/contracts/src/schemas/lanes.ts',
];

const SCHEMAS = [
  iommuQueueSchema,
  iommuHwSchema,
  iopfSchema,
  mmSchema,
  segmentSchema,
  labSchema,
  translateSchema,
  pageRequestSchema,
  handleSchema,
  invalidateSchema,
  stopSchema,
] as unknown as readonly Schema<Tagged>[];

/** The reference page of what is written and sent. Throws when it does not know all schemas. */
export function eventsPage(): string {
  const missing = Object.keys(NEWEST_FORMAT.schemas).filter(
    (name) => !SCHEMAS.some((schema) => schema.name === name),
  );
  if (missing.length > 0) throw new Error(`nothing is said of the schemas ${missing.join(', ')}`);
  const declared = readDeclarations(SOURCES);
  return [HEAD, types(), versions(), ...SCHEMAS.map((schema) => section(schema, declared))].join('\n');
}

function types(): string {
  const rows = Object.entries(TYPES).map(([type, [bytes, meaning]]) => [`\`${type}\``, bytes, meaning]);
  const bits = Object.entries(Permission).map(([name, bit]) => `${bit} ${name.toLowerCase()}`);
  const codes = Object.entries(ResponseCode).map(([name, code]) => `${code} ${name}`);
  return [
    '## Types of fields\n',
    `${table(['type', 'bytes', 'meaning'], rows)}\n`,
    `\`permissions\` are bits: ${bits.join(', ')}. A \`code\` is ${codes.join(', ')} (R87).\n`,
    '## Names that mean the same everywhere\n',
    `${table(['field', 'meaning'], glossary())}\n`,
  ].join('\n');
}

/** Throws for a name that no record has any more. */
function glossary(): string[][] {
  const used = new Set(
    SCHEMAS.flatMap((schema) => schema.definition.versions[schema.newest] ?? []).flatMap(fieldNames),
  );
  const stale = Object.keys(GLOSSARY).filter((name) => !used.has(name));
  if (stale.length > 0) throw new Error(`no record has the fields ${stale.join(', ')}`);
  return Object.entries(GLOSSARY).map(([name, meaning]) => [`\`${name}\``, meaning]);
}

const fieldNames = ({ fields }: Layout): string[] =>
  fields.flatMap(([name, field]) => [name, ...(field.type === 'list' ? fieldNames(field.of) : [])]);

function versions(): string {
  const releases = FORMATS.map(({ release }) => release);
  const rows = SCHEMAS.flatMap((schema) =>
    versionsOf(schema).map((version) => {
      const { upcasters, downcasters } = schema.definition;
      const since = FORMATS.find(({ schemas }) => schemas[schema.name] === version)?.release;
      const last = version === schema.newest;
      return [
        `[\`${schema.name}\`](#${anchorOf(schema.name)})`,
        String(version),
        since ?? 'not released',
        last ? 'as it is' : upcasters?.[version] ? `as version ${version + 1}` : 'not',
        last ? 'yes' : downcasters?.[version] ? 'while `FAULTLINE_FORMAT` asks for it' : 'no',
      ];
    }),
  );
  const states = Object.entries(NEWEST_FORMAT.states).map(([unit, version]) => `\`${unit}\` ${version}`);
  return [
    '## Versions\n',
    'Readers accept every version that was ever written: an *upcaster* makes a record of version *n* one of version *n + 1*. While instances',
    'of two releases serve one laboratory, all write what the older one reads (`FAULTLINE_FORMAT`): a *downcaster* says a record in the version',
    `before. Releases that wrote something new: ${releases.join(', ')}. Versions of the states in snapshots, which are thrown away and never`,
    `migrated: ${states.join(', ')}.\n`,
    `${table(['schema', 'version', 'since release', 'is read', 'is written'], rows)}\n`,
  ].join('\n');
}

function section(schema: Schema<Tagged>, declared: ReadonlyMap<string, Declared>): string {
  const records = schema.definition.versions[schema.newest] ?? [];
  const of = subjectsOf('lab');
  const onSubjects = [
    ...[of.translate(0), of.pageRequest(0), of.handle(0), of.invalidateIommu(0), of.invalidateSegment(0)],
    ...[of.stopSegment(0), of.queueLog(0, '<queue>'), of.hwLog(0), of.iopfLog(0), of.mmLog(0)],
    ...[of.segmentLog(0), of.labLog],
  ].filter((subject) => schemaOfSubject(subject.replace('<queue>', 'queue')) === schema);
  const subjects = onSubjects.map(
    (subject) => `\`${subject.replace(/^lab\b/, '<lab>').replace(/\.(\w+)\.0/, '.$1.<$1>')}\``,
  );
  return [
    `## \`${schema.name}\`\n`,
    `On ${subjects.join(', ').replaceAll('<iopf>', '<iommu>').replaceAll('<mm>', '<shard>')}. Version ${schema.newest}.\n`,
    ...records.map((record) => recordText(schema, record, declared)),
  ].join('\n');
}

function recordText(
  schema: Schema<Tagged>,
  record: RecordLayout,
  declared: ReadonlyMap<string, Declared>,
): string {
  const known = declared.get(record.kind);
  if (!known) throw new Error(`record ${record.kind} is declared in none of the files that are read`);
  const since = versionsOf(schema).find((version) =>
    schema.definition.versions[version]?.some(({ kind }) => kind === record.kind),
  );
  const rows = fieldRows(record, known.fields, declared);
  return [
    `### ${record.kind}\n`,
    `Tag ${record.tag}, since version ${since}.${known.meaning === '' ? '' : ` ${known.meaning}`}\n`,
    ...(rows.length === 0 ? ['Without fields.\n'] : [`${table(['field', 'type', 'meaning'], rows)}\n`]),
  ].join('\n');
}

/** Elements of a list stand below it, under the names of its element type's comments where that is known. */
function fieldRows(
  { fields }: Layout,
  meanings: ReadonlyMap<string, string>,
  declared: ReadonlyMap<string, Declared>,
  prefix = '',
): string[][] {
  return fields.flatMap(([name, field]) => {
    const own = [`\`${prefix}${name}\``, typeOf(field), meanings.get(name) ?? ''];
    if (field.type !== 'list') return [own];
    const element = elementOf(field.of, declared);
    return [own, ...fieldRows(field.of, element, declared, `${prefix}${name}[].`)];
  });
}

/** The declaration with exactly these fields. */
function elementOf(layout: Layout, declared: ReadonlyMap<string, Declared>): ReadonlyMap<string, string> {
  const names = layout.fields.map(([name]) => name).sort();
  const found = [...declared.values()].find(
    ({ fields }) => JSON.stringify([...fields.keys()].sort()) === JSON.stringify(names),
  );
  return found?.fields ?? new Map();
}

const typeOf = (field: Field): string =>
  field.type === 'enum' ? field.values.map((word) => `\`${word}\``).join(', ') : field.type;

const versionsOf = ({ definition }: Schema<Tagged>): number[] => Object.keys(definition.versions).map(Number);
