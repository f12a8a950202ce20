import {
  deadStream,
  headsBucket,
  headKey,
  logStream,
  ownersBucket,
  queueConsumer,
  schemaOfSubject,
  sitePresence,
  SITES_BUCKET,
  snapshotBucket,
  snapshotIndexBucket,
  type Subjects,
  subjectsOf,
} from '@faultline/contracts';
import { type DeclaredVerb, readVerbs } from './declarations';
import { anchorOf, table } from './markdown';

const HEAD = `# Subjects

<!-- Generated from libs/contracts/src/subjects.ts and what belongs on each; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

Every subject, stream and bucket on NATS. \`<lab>\` names a laboratory, so that several share a server: that of a run is \`run-\` and its
id. IOMMUs, shards and segments are numbers from 0; \`<queue>\` is the name of an IOPF queue. [Events and versions](events.md) has the
records of each schema, [the design](../concepts/architecture.md) why it is so.

- **log**: a message of the stream, kept, in one total order, one schema a subject. Its headers say schema, version, unit, epoch and cycle, and where it tells of a traced fault, the context of its trace.
- **request**: a core NATS request with a reply, kept nowhere. Its body says its schema version itself. Both may be lost or come twice.
- **control**: JSON through Nest's NATS transporter, beside the path.
- **dead**: a message that no service could use, kept in a stream of its own.
`;

type Kind = 'log' | 'request' | 'control' | 'dead';

/** What cannot be read from the table of subjects: who writes, who reads, and what for. */
interface Use {
  subject: (subjects: Subjects) => string;
  kind: Kind;
  from: string;
  to: string;
  carries: string;
}

/** Placeholders stand where numbers do. */
const of = (name: string): number => name as unknown as number;
const [IOMMU, SHARD, SEGMENT] = [of('<iommu>'), of('<shard>'), of('<segment>')];

const USES: Partial<Record<keyof Subjects, Use>> = {
  translate: {
    subject: (subjects) => subjects.translate(IOMMU),
    kind: 'request',
    from: 'segment',
    to: 'IOMMU',
    carries: 'ATS translation requests; the reply has the completions',
  },
  pageRequest: {
    subject: (subjects) => subjects.pageRequest(IOMMU),
    kind: 'request',
    from: 'segment',
    to: 'IOMMU',
    carries:
      'page requests, stop markers, accesses of stall-model masters and resets of devices, in one sequence of numbers; the reply, given when the log holds them, says how far they were accepted',
  },
  invalidateIommu: {
    subject: (subjects) => subjects.invalidateIommu(IOMMU),
    kind: 'request',
    from: 'mm shard',
    to: 'IOMMU',
    carries: 'pages whose translations must go; the reply is the completion',
  },
  invalidateSegment: {
    subject: (subjects) => subjects.invalidateSegment(SEGMENT),
    kind: 'request',
    from: 'IOMMU',
    to: 'segment',
    carries: 'the same for the caches of devices; the reply names those that did not answer',
  },
  stopSegment: {
    subject: (subjects) => subjects.stopSegment(SEGMENT),
    kind: 'request',
    from: 'IOMMU',
    to: 'segment',
    carries: 'a device is to stop working for a PASID; the reply comes when it has',
  },
  handle: {
    subject: (subjects) => subjects.handle(SHARD),
    kind: 'request',
    from: 'worker',
    to: 'mm shard',
    carries: 'members of closed groups, in order; the reply has their results',
  },
  queueLog: {
    subject: (subjects) => subjects.queueLog(IOMMU, '<queue>'),
    kind: 'log',
    from: 'IOMMU',
    to: 'workers of the queue, and its own next owner',
    carries: 'groups queued, complete in themselves',
  },
  hwLog: {
    subject: (subjects) => subjects.hwLog(IOMMU),
    kind: 'log',
    from: 'IOMMU',
    to: 'segment, and its own next owner',
    carries: 'everything else an IOMMU decides, responses among it',
  },
  iopfLog: {
    subject: (subjects) => subjects.iopfLog(IOMMU),
    kind: 'log',
    from: 'workers',
    to: 'IOMMU',
    carries: 'results of groups',
  },
  mmLog: {
    subject: (subjects) => subjects.mmLog(SHARD),
    kind: 'log',
    from: 'mm shard',
    to: 'every IOMMU, and its own next owner',
    carries: 'address spaces, pages and frames',
  },
  segmentLog: {
    subject: (subjects) => subjects.segmentLog(SEGMENT),
    kind: 'log',
    from: 'segment',
    to: 'its own next owner',
    carries: "what became of the devices' accesses",
  },
  labLog: {
    subject: (subjects) => subjects.labLog,
    kind: 'log',
    from: 'lab',
    to: 'every service',
    carries: 'the scenario as it is run, and the end of the run',
  },
  control: {
    subject: (subjects) => subjects.control('<service>', '<verb>'),
    kind: 'control',
    from: 'lab',
    to: 'every instance of the service; the owner of the named unit answers',
    carries: 'the verbs below',
  },
  dead: {
    subject: (subjects) => subjects.dead('<unit>'),
    kind: 'dead',
    from: 'whoever found it',
    to: '`faultline dead`',
    carries: 'the bytes as they came, and the reason',
  },
  replayed: {
    subject: (subjects) => subjects.replayed(of('<letter>')),
    kind: 'dead',
    from: '`faultline dead replay`',
    to: '`faultline dead`',
    carries: 'that a letter was put back, and what came of it',
  },
};

const PATTERNS: Partial<Record<keyof Subjects, [pattern: (subjects: Subjects) => string, reader: string]>> = {
  allLog: [({ allLog }) => allLog, 'the stream itself; the event log, in order'],
  queueLogAnyIommu: [
    (subjects) => subjects.queueLogAnyIommu('<queue>'),
    'the durable consumer that the workers of a queue share',
  ],
  iommuLog: [(subjects) => subjects.iommuLog(IOMMU), 'a new owner of the IOMMU, which folds it'],
  mmLogAny: [({ mmLogAny }) => mmLogAny, "an IOMMU's replica of the page tables"],
  allDead: [({ allDead }) => allDead, 'the stream of dead letters; `faultline dead`'],
};

/** The reference page of the subjects. Throws when one was added that it says nothing of. */
export function subjectsPage(): string {
  const subjects = placed('lab');
  const silent = Object.keys(subjectsOf('lab')).filter((key) => !(key in USES) && !(key in PATTERNS));
  if (silent.length > 0) throw new Error(`nothing is said of the subjects ${silent.join(', ')}`);
  const rows = Object.values(USES).map(({ subject, kind, from, to, carries }) => {
    const written = subject(subjects);
    return [code(written), kind, schemaOf(written), `${from} -> ${to}`, carries];
  });
  const patterns = Object.values(PATTERNS).map(([pattern, reader]) => [code(pattern(subjects)), reader]);
  return [
    HEAD,
    '## Subjects of a laboratory\n',
    `${table(['subject', 'kind', 'schema', 'writer -> reader', 'carries'], rows)}\n`,
    'The event log reads everything that is kept in the log, beside the readers that are named.',
    'Whoever begins to serve a request subject says so with an empty message on it with `.opened` behind: requests that wait for a reply',
    'are sent again.\n',
    '## Patterns\n',
    `${table(['pattern', 'who reads it'], patterns)}\n`,
    streams(),
    verbs(),
  ].join('\n');
}

/** Subjects with a placeholder for the laboratory, which is no name of one. */
function placed(lab: string): Subjects {
  const entries = Object.entries(subjectsOf(lab)).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string'
      ? value.replace(/^lab\b/, '<lab>')
      : (...given: unknown[]) =>
          (value as (...given: unknown[]) => string)(...given).replace(/^lab\b/, '<lab>'),
  ]);
  return Object.fromEntries(entries) as Subjects;
}

/** By a subject with numbers in the place of placeholders. */
function schemaOf(subject: string): string {
  const schema = schemaOfSubject(subject.replace('<queue>', 'queue').replace(/<\w+>/g, '0'));
  return schema ? `[\`${schema.name}\`](events.md#${anchorOf(schema.name)})` : '-';
}

function streams(): string {
  const lab = '<lab>';
  const rows = [
    [
      logStream(lab),
      'stream',
      "a laboratory's log; refuses what is new when it is full, never drops what is old",
    ],
    [deadStream(lab), 'stream', 'dead letters'],
    [ownersBucket(lab), 'key-value', 'signs of life of instances, and who claims which unit'],
    [headsBucket(lab), 'key-value', `heads of the record's hash chain; keys such as \`${headKey(4711)}\``],
    [snapshotBucket(lab), 'objects', 'snapshots of units'],
    [
      snapshotIndexBucket(lab),
      'key-value',
      'which snapshot of a unit counts, and from where its log is needed',
    ],
    [SITES_BUCKET, 'key-value', 'one a server: which laboratory the standing services of a site serve'],
    [queueConsumer('<queue>'), 'consumer', 'durable: what workers of a queue still have to acknowledge'],
  ].map(([name = '', kind = '', use = '']) => [code(name), kind, use]);
  return `## Streams, buckets, consumers\n\n${table(['name', 'what', 'holds'], rows)}\n`;
}

function verbs(): string {
  const rows = readVerbs('libs/contracts/src/control.ts', 'ControlVerbs').map(
    ({ verb, request, reply, meaning }: DeclaredVerb) => [
      code(verb),
      request === 'Empty' ? '-' : code(request),
      reply === 'Empty' ? '-' : code(reply),
      meaning,
    ],
  );
  return [
    '## Control verbs\n',
    'The subject of a verb is `<lab>.ctl.` and its name. A verb that changes something is answered when its events are in the log and what',
    'they cause outside is complete; asking again changes nothing that was done already. Types are those of',
    '`libs/contracts/src/control.ts`. Beside the verbs, each instance says on `<lab>.ctl.lab.presence` every second that it is there, and when',
    `its state changes. One that stands at a site says the same of itself on \`${sitePresence('<site>')}\`, in a laboratory and between two; the`,
    'console listens to it there.\n',
    `${table(['verb', 'takes', 'gives', 'what it does'], rows)}\n`,
  ].join('\n');
}

const code = (text: string): string => `\`${text}\``;
