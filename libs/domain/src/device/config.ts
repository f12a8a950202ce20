import { MAX_PRG_INDEX, type FaultModel } from '../kernel/vocabulary';

/** One device of a segment, as a scenario describes it. */
export interface SegmentDeviceConfig {
  /** Number of the device, unique in its laboratory; at most 16 bits, like a requester id. */
  device: number;
  model: FaultModel;
  /** Outstanding page requests software allows it (R10). Stalling masters have none: the bus holds them back. */
  credits: number;
  /** Translations its own cache holds; 0 for a device without an ATC. */
  atcEntries: number;
  /** Page requests it puts into one group at most (R9). */
  pagesPerGroup: number;
  /** PRG Response PASID Required: responses are matched by (index, PASID) instead of by index (R13). */
  responsePasidRequired: boolean;
  /**
   * Given for a PRI device that cannot hold an access that faults: it drops the access, which comes again when its timer fires and not
   * with the response. The timer begins with `firstMicros` and doubles with every further drop of the access, up to `mostMicros`; in
   * the unit that whoever runs the timers has.
   */
  retransmission?: Retransmission;
}

export interface Retransmission {
  firstMicros: number;
  mostMicros: number;
}

/** The devices behind one IOMMU that one owner emulates. */
export interface SegmentConfig {
  /** Index of the segment in its laboratory. */
  segment: number;
  devices: readonly SegmentDeviceConfig[];
}

/** Devices are looked up by place, so their numbers are bounded. */
const MAX_DEVICE = 0xffff;

/** PRG indexes a function can have outstanding at once (R8). */
export const PRG_INDEXES = MAX_PRG_INDEX + 1;

/** Throws a `RangeError` that names the field, so that a wrong scenario stops before its first access. */
export function checkSegmentConfig(config: SegmentConfig): void {
  const seen = new Set<number>();
  for (const device of config.devices) {
    if (seen.has(device.device))
      throw new RangeError(`segment ${config.segment} has device ${device.device} twice`);
    seen.add(device.device);
    checkWhole(device, 'device', 0);
    if (device.device > MAX_DEVICE)
      throw new RangeError(`device ${device.device}: numbers end at ${MAX_DEVICE}`);
    checkWhole(device, 'atcEntries', 0);
    checkRetransmission(device);
    if (device.model === 'stall') continue;
    checkWhole(device, 'credits', 1);
    checkWhole(device, 'pagesPerGroup', 1);
  }
}

function checkRetransmission({ device, model, retransmission }: SegmentDeviceConfig): void {
  if (!retransmission) return;
  const { firstMicros, mostMicros } = retransmission;
  if (model === 'stall')
    throw new RangeError(`device ${device}: a stalling IOMMU holds its accesses, so that it drops none`);
  if (!(firstMicros > 0 && mostMicros >= firstMicros))
    throw new RangeError(
      `device ${device}: retransmission needs a first timer above 0 and a longest one of at least that, found ${firstMicros} and ${mostMicros}`,
    );
}

function checkWhole(
  config: SegmentDeviceConfig,
  field: 'device' | 'credits' | 'atcEntries' | 'pagesPerGroup',
  least: number,
): void {
  const value = config[field];
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `device ${config.device}: ${field} must be a whole number of at least ${least}, found ${value}`,
  );
}
