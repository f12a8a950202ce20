import {
  iommuHwSchema,
  iommuQueueSchema,
  iopfSchema,
  labSchema,
  type LogEvent,
  mmSchema,
  type Schema,
  segmentSchema,
  subjectsOf,
} from '@faultline/contracts';
import type {
  GroupHandled,
  GroupQueued,
  GroupResponded,
  RequestRecord,
  AccessEnded,
  AccessRetried,
} from '@faultline/domain';
import type { LoggedMessage } from './message';

export const subjects = subjectsOf('lab');
/** Model instants count from here, as wall time does. */
export const EPOCH_MICROS = 1_700_000_000_000_000;
const at = (micros: number): number => EPOCH_MICROS + micros;

type Loose = LogEvent[];

/** Builds a log by hand, one message after the other, through the real schemas. */
export class LogBuilder {
  readonly messages: LoggedMessage[] = [];
  private cycle = 0;

  lab(...events: Loose): this {
    return this.append('lab', subjects.labLog, labSchema, events);
  }

  mm(...events: Loose): this {
    return this.append('mm.0', subjects.mmLog(0), mmSchema, events);
  }

  queue(...events: Loose): this {
    return this.append('iommu.0', subjects.queueLog(0, 'q0'), iommuQueueSchema, events);
  }

  hw(...events: Loose): this {
    return this.append('iommu.0', subjects.hwLog(0), iommuHwSchema, events);
  }

  iopf(...events: Loose): this {
    return this.append('worker.abc', subjects.iopfLog(0), iopfSchema, events, 0);
  }

  segment(...events: Loose): this {
    return this.append('segment.0', subjects.segmentLog(0), segmentSchema, events);
  }

  private append(unit: string, subject: string, schema: unknown, events: Loose, epoch = 1): this {
    const { name, version, encode } = bind(schema as Schema<LogEvent>);
    this.cycle += 1;
    const sequence = this.messages.length + 1;
    this.messages.push({
      sequence,
      subject,
      headers: { schema: name, version, unit, epoch, cycle: this.cycle },
      body: encode(events),
    });
    return this;
  }
}

function bind(schema: Schema<LogEvent>): {
  name: string;
  version: number;
  encode(events: Loose): Uint8Array;
} {
  return { name: schema.name, version: schema.version, encode: (events) => schema.encode(events) };
}

/** A page request of device 0, sent at `micros`; written 10 µs later. */
export function requestOf(request: number, micros: number, more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    segment: 0,
    segmentEpoch: 1,
    request,
    device: 0,
    pasid: 7,
    generation: 1,
    page: 100 + request,
    offset: 0,
    permissions: 1,
    groupId: request,
    last: true,
    round: 0,
    sentAtMicros: at(micros),
    writtenAtMicros: at(micros + 10),
    ...more,
  };
}

/** Its group, queued 20 µs after the first member was sent. */
export function groupOf(
  group: number,
  members: RequestRecord[],
  more: Partial<GroupQueued> = {},
): GroupQueued {
  const [first] = members;
  return {
    kind: 'GroupQueued',
    order: 1,
    group,
    groupEpoch: 1,
    device: first?.device ?? 0,
    model: 'pri',
    pasid: 7,
    groupId: first?.groupId ?? 0,
    queue: 'q0',
    queuedAtMicros: (first?.sentAtMicros ?? EPOCH_MICROS) + 20,
    members,
    ...more,
  };
}

/** Its result: begun 30 µs after the queueing, handled 50 µs after that. */
export function handledOf(group: GroupQueued, more: Partial<GroupHandled> = {}): GroupHandled {
  return {
    kind: 'GroupHandled',
    iommu: 0,
    epoch: 1,
    group: group.group,
    device: group.device,
    code: 0,
    startedAtMicros: group.queuedAtMicros + 30,
    handlingAtMicros: group.queuedAtMicros + 40,
    handledAtMicros: group.queuedAtMicros + 80,
    members: group.members.map(() => ({ resolution: 'minor', error: 'none' })),
    positions: [{ shard: 0, sequence: 2 }],
    ...more,
  };
}

/** Its response, 100 µs after the queueing. */
export function respondedOf(group: GroupQueued, more: Partial<GroupResponded> = {}): GroupResponded {
  return {
    kind: 'GroupResponded',
    group: group.group,
    groupEpoch: 1,
    device: group.device,
    segment: 0,
    groupId: group.groupId,
    pasid: -1,
    code: 0,
    model: group.model,
    cause: 'handled',
    respondedAtMicros: group.queuedAtMicros + 100,
    ...more,
  };
}

/** The access of a request ends 150 µs after it was sent; the response was seen 10 µs earlier. */
export function endedOf(
  access: number,
  request: RequestRecord,
  more: Partial<AccessEnded> = {},
): AccessEnded {
  return {
    kind: 'AccessEnded',
    device: request.device,
    access,
    pasid: request.pasid,
    page: request.page,
    offset: 0,
    permissions: request.permissions,
    outcome: 'completed',
    rounds: request.round + 1,
    request: request.request,
    intendedAtMicros: request.sentAtMicros - 5,
    startedAtMicros: request.sentAtMicros - 5,
    receivedAtMicros: request.sentAtMicros + 140,
    endedAtMicros: request.sentAtMicros + 150,
    ...more,
  };
}

export function retriedOf(access: number, request: RequestRecord): AccessRetried {
  return {
    kind: 'AccessRetried',
    device: request.device,
    access,
    request: request.request,
    receivedAtMicros: request.sentAtMicros + 140,
    retriedAtMicros: request.sentAtMicros + 150,
  };
}

/** Totals that fit {@link goodLog}. */
export const GOOD_TOTALS = { accessesByDevice: { 0: 9, 1: 1 } };

/** Sequences of the good log that tests speak of. */
export const GOOD = {
  spaces: 2,
  queued: 5,
  queuedHw: 6,
  installed: 7,
  handled: 8,
  responded: 9,
  ended: 10,
  freed: 26,
  runEnded: 28,
} as const;

/**
 * A finished run without fault: a PRI group of two members, one of which has to ask again; a request that is answered
 * automatically; a stall that faults twice; a page that is reclaimed and its frame used again.
 */
export function goodLog(): LoggedMessage[] {
  const one = requestOf(1, 0, { last: false, groupId: 1 });
  const two = requestOf(2, 2, { groupId: 1 });
  const again = requestOf(3, 200, { page: 102, round: 1 });
  const dropped = requestOf(4, 400);
  const stall = requestOf(5, 600, { device: 1, page: 120, groupId: 9 });
  const stallAgain = { ...stall, round: 1, writtenAtMicros: at(740) };
  const pair = groupOf(1, [one, two]);
  const second = groupOf(2, [again]);
  const stalled = groupOf(3, [stall], { model: 'stall', device: 1 });
  const stalledAgain = groupOf(4, [stallAgain], { model: 'stall', device: 1, queuedAtMicros: at(750) });
  const log = new LogBuilder();
  setUp(log);
  log.queue(pair);
  log.hw(
    { kind: 'CycleClosed', inputs: [] },
    { kind: 'PageRequestQueued', ...one },
    { kind: 'PageRequestQueued', ...two },
    { kind: 'FaultParked', segment: 0, segmentEpoch: 1, request: 1, device: 0, groupId: 1 },
  );
  log.mm(install(101, 0, 'zero-page', 1), install(102, 11, 'zero-fill', 3));
  log.iopf(handledOf(pair));
  log.hw(respondedOf(pair));
  log.segment(endedOf(0, one), retriedOf(1, two));
  log
    .hw({ kind: 'PageRequestQueued', ...again })
    .queue(second)
    .iopf(handledOf(second))
    .hw(respondedOf(second));
  log.segment(endedOf(1, again, { rounds: 2 }), {
    kind: 'AccessesHit',
    device: 0,
    atcHits: 4,
    translated: 2,
    ranges: [{ first: 10, count: 6 }],
    atMicros: 900,
  });
  log.hw({
    kind: 'PageRequestDropped',
    ...dropped,
    cause: 'overflow',
    answered: true,
    code: 0,
    responsePasid: -1,
  });
  log.segment(endedOf(2, dropped));
  log
    .queue(stalled)
    .hw({ kind: 'StallRecorded', ...stall, deferred: false })
    .iopf(handledOf(stalled))
    .queue(stalledAgain);
  log.hw(respondedOf(stalled), { kind: 'StallRecorded', ...stallAgain, deferred: false });
  log.iopf(handledOf(stalledAgain));
  const endedStall = {
    segment: 0,
    segmentEpoch: 1,
    request: 5,
    device: 1,
    groupId: 9,
    code: 0,
    rounds: 2,
    endedAtMicros: at(860),
  } as const;
  log.hw(respondedOf(stalledAgain), { kind: 'StallEnded', ...endedStall, outcome: 'completed' });
  log.mm({ kind: 'PageRemoved', mm: 1, page: 102, frame: 11, cause: 'reclaim', swapped: true });
  log.mm({ kind: 'FrameFreed', frame: 11, mm: 1, page: 102 }, install(103, 11, 'zero-fill', 3));
  log.segment(endedOf(0, stall, { rounds: 2 }));
  log.lab({ kind: 'RunEnded', run: 'r1', reason: 'finished', atMicros: at(1000) });
  return log.messages;
}

/** What the driver of every device here says. */
const driver = { responseTimeoutMicros: 0, hasHandler: true };

function setUp(log: LogBuilder): void {
  log.lab({ kind: 'ScenarioLoaded', run: 'r1', scenario: { name: 'good' }, atMicros: at(0) });
  log.mm(
    { kind: 'MmOwnerChanged', shard: 0, epoch: 1 },
    { kind: 'AddressSpaceCreated', mm: 1 },
    {
      kind: 'VmaMapped',
      mm: 1,
      start: 100,
      end: 200,
      permissions: 3,
      backing: 'anonymous',
      file: 0,
      filePage: 0,
    },
    { kind: 'MmPasidBound', pasid: 7, mm: 1, generation: 1, replaces: false },
  );
  log.hw(
    { kind: 'IommuOwnerChanged', iommu: 0, epoch: 1 },
    { kind: 'DeviceAttached', device: 0, segment: 0, model: 'pri', responsePasidRequired: false, ...driver },
    {
      kind: 'DeviceAttached',
      device: 1,
      segment: 0,
      model: 'stall',
      responsePasidRequired: false,
      ...driver,
    },
    { kind: 'PasidBound', device: 0, pasid: 7, mm: 1, shard: 0, generation: 1 },
    { kind: 'PasidBound', device: 1, pasid: 7, mm: 1, shard: 0, generation: 1 },
  );
  log.segment({ kind: 'SegmentOwnerChanged', segment: 0, epoch: 1 });
}

type InstallCause = Extract<LogEvent, { kind: 'PageInstalled' }>['cause'];

export function install(page: number, frame: number, cause: InstallCause, permissions: number): LogEvent {
  return { kind: 'PageInstalled', mm: 1, page, frame, permissions, cause, major: false, prefetched: false };
}
