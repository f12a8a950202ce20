import type { FaultModel, Permissions } from '../kernel/vocabulary';
import { Atc } from './atc';
import { AtcHolders } from './atc-holders';
import { type Retransmission, type SegmentConfig, type SegmentDeviceConfig } from './config';
import type { AccessRange } from './events';
import { TranslationsInFlight } from './in-flight';
import { Numbered } from '../kernel/numbered';

/** Where an access stands that has not ended. */
export const Stage = {
  /** Known, with nothing on its way: just started, just answered, or reset. */
  READY: 0,
  /** A translation request is in flight. */
  TRANSLATING: 1,
  /** Missed, and waits for a turn to send a page request. */
  WAITING: 2,
  /** Its page request is outstanding. */
  OUTSTANDING: 3,
  /** On the bus of a stalling IOMMU. */
  STALLED: 4,
  /** Dropped, and its page request is answered: it waits for its timer. */
  DROPPED: 5,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/**
 * An access that has not ended. One object for its whole life, linked into the lists it is in; it then serves another access, so
 * that a steady stream of accesses allocates none.
 */
export interface LiveAccess {
  device: SegmentDevice;
  access: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  intendedAtMicros: number;
  startedAtMicros: number;
  stage: Stage;
  /** Page requests it needed so far, and the last of them. */
  rounds: number;
  request: number;
  /** When the device saw the response to that request; 0 while it is due. */
  receivedAtMicros: number;
  /** The translation request in flight, 0 for none; stale when an invalidation overtook it (R28). */
  translation: number;
  stale: boolean;
  /** How often its device dropped it, and the number of the last time; 0 for never. */
  drops: number;
  drop: number;
  /** Neighbours among the accesses that wait for a turn, oldest first. */
  previous: LiveAccess | undefined;
  next: LiveAccess | undefined;
  /** The member behind it in its outstanding group; behind the last comes the first. */
  nextMember: LiveAccess | undefined;
}

/** A PASID the device stops working for, or has stopped working for (R94). */
export interface PasidStop {
  readonly pasid: number;
  /** Its accesses that have not ended. */
  underWay: number;
  stopped: boolean;
}

/** One device: its registers, its cache and the accesses it works on. */
export interface SegmentDevice {
  readonly device: number;
  readonly model: FaultModel;
  readonly credits: number;
  readonly pagesPerGroup: number;
  readonly responsePasidRequired: boolean;
  readonly retransmission: Retransmission | undefined;
  readonly atc: Atc;
  /** Accesses that have not ended, by their number. */
  readonly accesses: Numbered<LiveAccess>;
  firstWaiting: LiveAccess | undefined;
  lastWaiting: LiveAccess | undefined;
  waiting: number;
  /** The last member of each group whose response is due (R12), by PRG index. */
  readonly groups: Numbered<LiveAccess>;
  /** Credits in use: requests are counted, not groups (R10). */
  outstanding: number;
  /** Where the search for a free PRG index goes on. Next-fit keeps an index unused for long after its response (R53). */
  nextIndex: number;
  /** A Response Failure took the page request interface down (R16). */
  failed: boolean;
  /** It hangs: it sends nothing, and what reaches it is lost, until its reset. */
  hung: boolean;
  /** It vanished (R104). */
  removed: boolean;
  /** PASIDs it stops or has stopped. Few, and none in most devices. */
  stops: PasidStop[];
  /** Accesses that hit since the last report. */
  atcHits: number;
  translated: number;
  /** Which accesses these were, in the order in which they ended. */
  hitRanges: AccessRange[];
  /** Accesses ever issued, and accesses ever ended in any way, as far as this state has seen them. */
  started: number;
  ended: number;
  /** Accesses that were withdrawn before they started. */
  withdrawn: number;
  /** Whether it is among those that are due: asked several times for each fault. */
  isDue: boolean;
}

/** State of a segment. Only `decide` and `evolve` of {@link createSegment} know its parts; read it through the counters. */
export interface SegmentState {
  readonly segment: number;
  epoch: number;
  /** Last page request or stalled access sent in this epoch. */
  requests: number;
  /** Last translation request sent. Never restarts, so that a late completion names nothing. */
  lastTranslation: number;
  /** Last time a device dropped an access. Never restarts either, for the sake of late timers. */
  lastDrop: number;
  /** Address spaces of the processes whose workloads have begun. */
  readonly begun: Set<number>;
  /** The workloads issue nothing more. */
  halted: boolean;
  readonly devices: readonly SegmentDevice[];
  /** Devices for which the next turn has something to do; the one that waits longest comes first. */
  readonly due: Set<SegmentDevice>;
  /** Devices that hang or vanished, and so complete nothing. */
  readonly silent: Set<SegmentDevice>;
  /** Which devices hold translations of a PASID. */
  readonly holders: AtcHolders;
  /** How often the work of a device or PASID came to its end: grows with each stop of a PASID and each device that vanishes. */
  workEnds: number;
  /** The same devices, each at the place of its number. */
  readonly byNumber: readonly (SegmentDevice | undefined)[];
  readonly translations: TranslationsInFlight<LiveAccess>;
  /** Stalled accesses by request number. */
  readonly stalls: Numbered<LiveAccess>;
  /** Objects of accesses that ended, for those that start. */
  readonly spare: LiveAccess[];
}

/** The state before any event: every device idle, epoch 0. */
export function createSegmentState(config: SegmentConfig): SegmentState {
  const holders = new AtcHolders();
  const devices = config.devices.map((device) => createDevice(device, holders));
  return {
    segment: config.segment,
    epoch: 0,
    requests: 0,
    lastTranslation: 0,
    lastDrop: 0,
    begun: new Set(),
    halted: false,
    devices,
    due: new Set(),
    silent: new Set(),
    holders,
    workEnds: 0,
    byNumber: indexDevices(devices),
    translations: new TranslationsInFlight(),
    stalls: new Numbered(),
    spare: [],
  };
}

function indexDevices(devices: readonly SegmentDevice[]): (SegmentDevice | undefined)[] {
  const places = devices.reduce((most, device) => Math.max(most, device.device + 1), 0);
  const byNumber = new Array<SegmentDevice | undefined>(places).fill(undefined);
  for (const device of devices) byNumber[device.device] = device;
  return byNumber;
}

function createDevice(config: SegmentDeviceConfig, holders: AtcHolders): SegmentDevice {
  return {
    device: config.device,
    model: config.model,
    credits: config.credits,
    pagesPerGroup: config.pagesPerGroup,
    responsePasidRequired: config.responsePasidRequired,
    retransmission: config.retransmission,
    atc: new Atc(config.atcEntries, config.device, holders),
    accesses: new Numbered(),
    firstWaiting: undefined,
    lastWaiting: undefined,
    waiting: 0,
    groups: new Numbered(),
    outstanding: 0,
    nextIndex: 0,
    failed: false,
    hung: false,
    removed: false,
    stops: [],
    atcHits: 0,
    translated: 0,
    hitRanges: [],
    started: 0,
    ended: 0,
    withdrawn: 0,
    isDue: false,
  };
}

/** The device, or a thrown broken invariant: commands of a segment name only its own devices. */
export function deviceOf(state: SegmentState, device: number): SegmentDevice {
  const found = state.byNumber[device];
  if (found === undefined) throw new Error(`segment ${state.segment} has no device ${device}`);
  return found;
}
