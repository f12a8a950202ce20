import {
  type AnyIommuEvent,
  type AnyMmEvent,
  type IommuCommand,
  type IommuState,
  type MmCommand,
  type MmState,
  Permission,
  type SegmentCommand,
  type SegmentEvent,
  type SegmentState,
} from '@faultline/domain';
import type { PureUnit } from './pure-unit';
import { PASID } from './pure-workload';

/** mm shards of the pure path. */
export const MM_SHARDS = 1;
const MM = 1;

/** The units of the path. */
export interface PureUnits {
  segment: PureUnit<SegmentState, SegmentCommand, SegmentEvent>;
  iommu: PureUnit<IommuState, IommuCommand, AnyIommuEvent>;
  mm: PureUnit<MmState, MmCommand, AnyMmEvent>;
}

/** Brings the units to the point where devices may start, in the kernel's order (R91). */
export function bindEverything({ segment, iommu, mm }: PureUnits, devices: number, now: number): void {
  segment.apply({ kind: 'BeginEpoch', epoch: 1 }, now, []);
  iommu.apply({ kind: 'BeginEpoch', epoch: 1 }, now, []);
  const events: AnyMmEvent[] = [];
  mm.apply({ kind: 'BeginEpoch', epoch: 1 }, now, events);
  mm.apply({ kind: 'CreateAddressSpace', mm: MM }, now, events);
  const permissions = Permission.READ | Permission.WRITE;
  const area = { mm: MM, start: 0, end: 2 ** 40, permissions, file: 0, filePage: 0 };
  mm.apply({ kind: 'MapVma', backing: 'anonymous', ...area }, now, events);
  mm.apply({ kind: 'BindPasid', pasid: PASID, mm: MM }, now, events);
  const bound = events.find((event) => event.kind === 'MmPasidBound');
  if (!bound) throw new Error('the PASID was not bound');
  const { generation } = bound;
  for (let device = 0; device < devices; device += 1) {
    iommu.apply(
      {
        kind: 'AttachDevice',
        device,
        segment: 0,
        model: 'pri',
        responsePasidRequired: true,
        responseTimeoutMicros: 0,
        hasHandler: true,
      },
      now,
      [],
    );
    iommu.apply({ kind: 'BindPasid', device, pasid: PASID, mm: MM, shard: 0, generation }, now, []);
  }
}
