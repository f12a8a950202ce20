import {
  handleSchema,
  invalidateSchema,
  iommuQueueSchema,
  pageRequestSchema,
  type PageRequestMessage,
  type Sender,
  type Subjects,
  translateSchema,
} from '@faultline/contracts';
import { MAX_PAGE, MAX_PASID } from '@faultline/domain';
import { BASE_PAGE } from './scenario';

const GARBAGE = Buffer.from('this is no message of ours');
/** The queue of the only IOMMU. */
const QUEUE = 'iommu-0';
const NO_SUCH = 99;

const sender: Sender = { kind: 'Sender', unit: 'segment.0', epoch: 1 };
const pageRequest: PageRequestMessage = {
  kind: 'PageRequestMessage',
  segment: 0,
  request: 1,
  device: 0,
  pasid: 1,
  page: BASE_PAGE,
  permissions: 1,
  groupId: 0,
  last: true,
  round: 0,
  sentAtMicros: 1,
};

/** A body that says it is of a schema version nobody has written yet. */
function ofVersion(version: number, body: Uint8Array): Uint8Array {
  const changed = body.slice();
  new DataView(changed.buffer).setUint16(2, version, true);
  return changed;
}

const requestWith = (change: Partial<PageRequestMessage>, from: Partial<Sender> = {}): Uint8Array =>
  pageRequestSchema.encode([
    { ...sender, ...from },
    { ...pageRequest, ...change },
  ]);

const translation = {
  kind: 'TranslateRequest' as const,
  translation: 1,
  device: 0,
  pasid: 1,
  page: BASE_PAGE,
  permissions: 1,
};
const member = { pasid: 1, generation: 1, page: BASE_PAGE, permissions: 1 };

export type Lane = (subjects: Subjects) => string;
const requests: Lane = (subjects) => subjects.pageRequest(0);
const translations: Lane = (subjects) => subjects.translate(0);
const handles: Lane = (subjects) => subjects.handle(0);

/** Requests that no lane takes: what is wrong, where it is sent, its bytes, and what the reason must say. */
export const badRequests: [what: string, lane: Lane, body: Uint8Array, reason: RegExp][] = [
  ['garbage for translation', translations, GARBAGE, /does not begin with/],
  ['garbage for page requests', requests, GARBAGE, /does not begin with/],
  ['garbage for the mm', handles, GARBAGE, /does not begin with/],
  ['garbage for invalidation', (subjects) => subjects.invalidateIommu(0), GARBAGE, /does not begin with/],
  ['garbage for a segment', (subjects) => subjects.invalidateSegment(0), GARBAGE, /does not begin with/],
  ['an empty body', requests, new Uint8Array(0), /too short/],
  ['half a message', requests, requestWith({}).subarray(0, 30), /ends inside a record/],
  [
    'an unknown version of page requests',
    requests,
    ofVersion(77, requestWith({})),
    /unknown schema 'cmd.page-request' version 77/,
  ],
  [
    'an unknown version of invalidations',
    (subjects) => subjects.invalidateIommu(0),
    ofVersion(2, invalidateSchema.encode([sender])),
    /version 2/,
  ],
  [
    'requests of an unknown segment',
    requests,
    requestWith({}, { unit: 'segment.9' }),
    /sender 'segment.9', expected requests of segment.0/,
  ],
  [
    'a request of an unknown device',
    requests,
    requestWith({ device: NO_SUCH }),
    /device 99 of segment 0, expected a device of segment 0/,
  ],
  ['a request of a device elsewhere', requests, requestWith({ segment: 1 }), /device 0 of segment 1/],
  ['a request without a sender', requests, pageRequestSchema.encode([pageRequest]), /no sender/],
  [
    'a PASID of 21 bits',
    requests,
    requestWith({ pasid: MAX_PASID + 1 }),
    /pasid is 1048576, expected a PASID of 20 bits/,
  ],
  [
    'a PASID of 21 bits to translate',
    translations,
    translateSchema.encode([sender, { ...translation, pasid: MAX_PASID + 1 }]),
    /pasid is 1048576/,
  ],
  [
    'a PASID of 21 bits to handle',
    handles,
    handleSchema.encode([
      sender,
      { kind: 'HandleRequest', run: 1, members: [{ ...member, pasid: 2 ** 20 }] },
    ]),
    /pasid is 1048576/,
  ],
  ['a group index of 10 bits', requests, requestWith({ groupId: 512 }), /PRG index 512, expected 0 to 511/],
  [
    'a page outside 52 bits',
    requests,
    requestWith({ page: MAX_PAGE + 1 }),
    /page is 4503599627370496, expected a page number of 52 bits/,
  ],
  [
    'a page outside 52 bits to translate',
    translations,
    translateSchema.encode([sender, { ...translation, page: 2 ** 60 }]),
    /expected a page number of 52 bits/,
  ],
  [
    'a gap in the numbers',
    requests,
    requestWith({ request: 1_000_000 }),
    /request 1000000, expected request \d+ or a repetition/,
  ],
];

const group = {
  kind: 'GroupQueued' as const,
  order: 0,
  group: 1,
  groupEpoch: 1,
  device: 0,
  model: 'pri' as const,
  pasid: 1,
  groupId: 0,
  queue: QUEUE,
  queuedAtMicros: 1,
  members: [],
};

/** Messages of the log that no reader can use: where they stand, whose they say they are, their schema, their bytes. */
export const badEntries: [
  what: string,
  subject: Lane,
  unit: string,
  schema: string,
  body: Uint8Array,
  reason: RegExp,
][] = [
  [
    'garbage among results',
    (subjects) => subjects.iopfLog(0),
    'stranger',
    'iopf',
    GARBAGE,
    /does not begin with/,
  ],
  ['garbage among pages', (subjects) => subjects.mmLog(0), 'stranger', 'mm', GARBAGE, /does not begin with/],
  [
    'garbage among hardware events',
    (subjects) => subjects.hwLog(0),
    'stranger',
    'iommu.hw',
    GARBAGE,
    /does not begin with/,
  ],
  [
    'garbage among work',
    (subjects) => subjects.queueLog(0, QUEUE),
    'stranger',
    'iommu.queue',
    GARBAGE,
    /does not begin with/,
  ],
  ['no headers at all', (subjects) => subjects.mmLog(0), '', '', GARBAGE, /schema ''/],
  ['another schema', (subjects) => subjects.iopfLog(0), 'stranger', 'mm', GARBAGE, /schema 'mm'/],
  [
    'a later version',
    (subjects) => subjects.queueLog(0, QUEUE),
    'stranger',
    'iommu.queue',
    ofVersion(9, iommuQueueSchema.encode([group])),
    /version 9/,
  ],
  [
    'work of nobody',
    (subjects) => subjects.queueLog(0, QUEUE),
    'stranger',
    'iommu.queue',
    iommuQueueSchema.encode([group]),
    /unit 'stranger'/,
  ],
  [
    'work of an unknown IOMMU',
    (subjects) => subjects.queueLog(9, QUEUE),
    'iommu.9',
    'iommu.queue',
    iommuQueueSchema.encode([group]),
    /unit 'iommu.9'/,
  ],
];
