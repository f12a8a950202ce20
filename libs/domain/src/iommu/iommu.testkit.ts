import type { Decider } from '../kernel/decider';
import { Permission, ResponseCode } from '../kernel/vocabulary';
import type { AdmitResultCommand, IommuCommand, ReceiveRequestCommand } from './commands';
import type { IommuConfig } from './config';
import { hasRingRecords } from './drain';
import type { AnyIommuEvent, DeviceAttached, GroupQueued, IommuEvent, PasidBound } from './events';
import { createIommu } from './iommu';
import { isDurableIommuEvent } from './queries';
import { hasReadyResults, hasRetries } from './respond';
import type { IommuState } from './state';

export const READ_WRITE = Permission.READ | Permission.WRITE;

/** An IOMMU with small rings, so that specs can fill them. */
export function testIommu(
  overrides: Partial<IommuConfig> = {},
): Decider<IommuState, IommuCommand, AnyIommuEvent> {
  return createIommu({
    iommu: 0,
    topology: 'per-iommu',
    priQueueEntries: 4,
    eventQueueEntries: 2,
    iotlbEntries: 4,
    shards: 2,
    ...overrides,
  });
}

export const owner: IommuEvent = { kind: 'IommuOwnerChanged', iommu: 0, epoch: 1 };
export const segmentSeen: IommuEvent = { kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 1 };

export function attached(device: number, overrides: Partial<DeviceAttached> = {}): DeviceAttached {
  return {
    kind: 'DeviceAttached',
    device,
    segment: 0,
    model: 'pri',
    responsePasidRequired: false,
    responseTimeoutMicros: 0,
    hasHandler: true,
    ...overrides,
  };
}

/** The command that brings {@link attached} about. */
export function attachDevice(device: number, overrides: Partial<DeviceAttached> = {}): IommuCommand {
  return { ...attached(device, overrides), kind: 'AttachDevice' };
}

export function bound(device: number, pasid: number, overrides: Partial<PasidBound> = {}): PasidBound {
  return { kind: 'PasidBound', device, pasid, mm: pasid, shard: pasid % 2, generation: 1, ...overrides };
}

/** Device 1 does PRI, device 2 PRI with PASIDs on responses, device 3 stalls; all are bound to PASID 7. */
export const ready: IommuEvent[] = [
  owner,
  segmentSeen,
  attached(1),
  attached(2, { responsePasidRequired: true }),
  attached(3, { model: 'stall' }),
  bound(1, 7),
  bound(2, 7),
  bound(3, 7),
];

export function pageRequest(
  request: number,
  overrides: Partial<ReceiveRequestCommand> = {},
): ReceiveRequestCommand {
  return {
    kind: 'ReceivePageRequest',
    segment: 0,
    segmentEpoch: 1,
    request,
    device: 1,
    pasid: 7,
    page: 0x100 + request,
    offset: 0,
    permissions: READ_WRITE,
    groupId: request % 512,
    last: true,
    round: 0,
    sentAtMicros: request,
    ...overrides,
  };
}

export function stalledAccess(
  request: number,
  overrides: Partial<ReceiveRequestCommand> = {},
): ReceiveRequestCommand {
  return pageRequest(request, {
    kind: 'ReceiveStalledAccess',
    device: 3,
    groupId: 0,
    offset: 8,
    ...overrides,
  });
}

export function result(group: number, overrides: Partial<AdmitResultCommand> = {}): AdmitResultCommand {
  return {
    kind: 'AdmitResult',
    group,
    epoch: 1,
    device: 1,
    code: ResponseCode.SUCCESS,
    positions: [],
    sequence: group,
    ...overrides,
  };
}

/** More commands than any test sends: what always finds something to do then fails its test instead of hanging it. */
const MOST_COMMANDS = 20_000;

/** An IOMMU that runs, with everything it decided. */
export class LiveIommu {
  state: IommuState;
  readonly log: IommuEvent[] = [];
  readonly all: AnyIommuEvent[] = [];
  private sent = 0;

  constructor(
    readonly decider = testIommu(),
    history: readonly IommuEvent[] = ready,
  ) {
    this.state = decider.initial();
    for (const event of history) this.fold(event);
  }

  send(command: IommuCommand, nowMicros = 0): readonly AnyIommuEvent[] {
    this.sent += 1;
    if (this.sent > MOST_COMMANDS)
      throw new Error(`after ${MOST_COMMANDS} commands there is still something to do`);
    const events = this.decider.decide(this.state, command, nowMicros);
    for (const event of events) this.fold(event);
    return events;
  }

  /** A whole pass over the rings, as a host makes it; returns the groups it queued. */
  drain(nowMicros = 0): GroupQueued[] {
    const from = this.all.length;
    do {
      while (hasRingRecords(this.state)) this.send({ kind: 'DrainNext' }, nowMicros);
      this.send({ kind: 'FinishDrain' }, nowMicros);
    } while (hasRingRecords(this.state));
    return this.all.slice(from).filter((event) => event.kind === 'GroupQueued');
  }

  /** Answers what has become ready, and retries what lacks an outcome. */
  settle(nowMicros = 0): void {
    while (hasReadyResults(this.state)) this.send({ kind: 'RespondNext' }, nowMicros);
    while (hasRetries(this.state)) this.send({ kind: 'RetryNext' }, nowMicros);
  }

  private fold(event: AnyIommuEvent): void {
    this.all.push(event);
    if (isDurableIommuEvent(event)) this.log.push(event);
    this.state = this.decider.evolve(this.state, event);
  }
}

/** The state that folding a log gives, as a new owner folds it. */
export function refold(
  decider: Decider<IommuState, IommuCommand, AnyIommuEvent>,
  log: readonly AnyIommuEvent[],
): IommuState {
  let state = decider.initial();
  for (const event of structuredClone(log)) state = decider.evolve(state, event);
  return state;
}
