import type { MemberResult, RequestRecord, ShardPosition } from '@faultline/domain';
import {
  bool,
  type Field,
  layout,
  micros,
  offset,
  oneOf,
  page,
  pasid,
  type RecordLayout,
  u16,
  u32,
  u8,
  f64,
} from '../codec';

/** Parts that several schemas share. Words in lists keep their place for ever: append only. */
export const faultModel = oneOf(['pri', 'stall']);
export const responseCode: Field = u8;

/** Fields of a request record, in wire order. */
export const requestFields = {
  segment: u16,
  segmentEpoch: u32,
  request: u32,
  device: u32,
  pasid,
  generation: u32,
  page,
  offset,
  permissions: u8,
  groupId: u16,
  last: bool,
  round: u16,
  sentAtMicros: micros,
  writtenAtMicros: micros,
} satisfies Record<keyof RequestRecord, Field>;

export const requestRecord = layout<RequestRecord>(requestFields);
export const requestIdentity = { segment: u16, segmentEpoch: u32, request: u32 };

export const memberResult = layout<MemberResult>({
  resolution: oneOf(['spurious', 'minor', 'major', 'invalid', 'skipped']),
  error: oneOf([
    'none',
    'no-pasid',
    'not-bound',
    'generation',
    'no-vma',
    'permission',
    'out-of-memory',
    'bus-error',
  ]),
});

export const shardPosition = layout<ShardPosition>({ shard: u16, sequence: f64 });

/** A PRI group index has 9 bits (R8). */
export function checkPrgIndex(record: { groupId: number }): string | undefined {
  return record.groupId > 511 ? `PRG index ${record.groupId}, expected 0 to 511` : undefined;
}

export type { RecordLayout };
