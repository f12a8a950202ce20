import { type GroupQueued, type IommuEvent, type IommuOwnerChanged, TEARDOWN_STEPS } from '@faultline/domain';
import { bool, f64, i32, layout, list, micros, oneOf, pasid, record, Schema, text, u16, u32 } from '../codec';
import {
  checkPrgIndex,
  faultModel,
  requestFields,
  requestIdentity,
  requestRecord,
  responseCode,
} from './parts';

type HwRecord<K extends IommuEvent['kind']> = Extract<IommuEvent, { kind: K }>;

/** First record of every `hw` message: which inputs the cycle had read (D5), so that a successor goes on from there. */
export interface CycleClosed {
  kind: 'CycleClosed';
  inputs: { subject: string; sequence: number }[];
}

const ownerChanged = record<IommuOwnerChanged>('IommuOwnerChanged', 1, { iommu: u16, epoch: u32 });

/** `<lab>.log.iommu.<iommu>.queue.<queue>`: what workers drain. */
export const iommuQueueSchema = new Schema<GroupQueued | IommuOwnerChanged>({
  name: 'iommu.queue',
  versions: {
    1: [
      ownerChanged,
      record<GroupQueued>(
        'GroupQueued',
        2,
        {
          order: u32,
          group: u32,
          groupEpoch: u32,
          device: u32,
          model: faultModel,
          pasid,
          groupId: u16,
          queue: text,
          queuedAtMicros: micros,
          members: list(requestRecord),
        },
        (group) => (group.model === 'pri' ? checkPrgIndex(group) : undefined),
      ),
    ],
  },
});

const dropCauses = oneOf(['overflow', 'pri-off', 'unknown-device', 'fenced']);
const stepOutcomes = oneOf(['done', 'expired']);
const binding = { device: u32, pasid, generation: u32 };

/** `<lab>.log.iommu.<iommu>.hw`: everything else an IOMMU decides. */
export const iommuHwSchema = new Schema<Exclude<IommuEvent, GroupQueued> | CycleClosed>({
  name: 'iommu.hw',
  versions: {
    1: [
      ownerChanged,
      record<CycleClosed>('CycleClosed', 2, {
        inputs: list(layout<CycleClosed['inputs'][number]>({ subject: text, sequence: f64 })),
      }),
      record<HwRecord<'DeviceAttached'>>('DeviceAttached', 3, {
        device: u32,
        segment: u16,
        model: faultModel,
        responsePasidRequired: bool,
        responseTimeoutMicros: micros,
        hasHandler: bool,
      }),
      record<HwRecord<'DeviceDetached'>>('DeviceDetached', 4, { device: u32 }),
      record<HwRecord<'PasidBound'>>('PasidBound', 5, {
        device: u32,
        pasid,
        mm: u32,
        shard: u16,
        generation: u32,
      }),
      record<HwRecord<'PasidUnbound'>>('PasidUnbound', 6, binding),
      record<HwRecord<'PageRequestQueued'>>('PageRequestQueued', 7, requestFields, checkPrgIndex),
      record<HwRecord<'PageRequestDropped'>>(
        'PageRequestDropped',
        8,
        { ...requestFields, cause: dropCauses, answered: bool, code: responseCode, responsePasid: pasid },
        checkPrgIndex,
      ),
      record<HwRecord<'RingOverflowSet'>>('RingOverflowSet', 9, { model: faultModel }),
      record<HwRecord<'RingOverflowCleared'>>('RingOverflowCleared', 10, { model: faultModel }),
      record<HwRecord<'FaultParked'>>('FaultParked', 11, { ...requestIdentity, device: u32, groupId: u16 }),
      record<HwRecord<'PartialsDiscarded'>>('PartialsDiscarded', 12, {
        device: i32,
        pasid: i32,
        count: u32,
        cause: oneOf(['overflow', 'removed', 'reset', 'fenced', 'queue-freed', 'teardown']),
      }),
      record<HwRecord<'FaultRefused'>>('FaultRefused', 13, {
        ...requestIdentity,
        device: u32,
        pasid,
        groupId: u16,
        last: bool,
        answered: bool,
        code: responseCode,
        responsePasid: pasid,
        reason: oneOf(['no-handler', 'no-queue', 'not-bound', 'fenced', 'invalid-request']),
        atMicros: micros,
      }),
      record<HwRecord<'StopMarkerDropped'>>('StopMarkerDropped', 14, {
        ...requestIdentity,
        device: u32,
        pasid,
      }),
      record<HwRecord<'GroupResponded'>>('GroupResponded', 15, {
        group: u32,
        groupEpoch: u32,
        device: u32,
        segment: u16,
        groupId: u16,
        pasid,
        code: responseCode,
        model: faultModel,
        cause: oneOf(['handled', 'timeout', 'teardown', 'removed', 'replaced']),
        respondedAtMicros: micros,
      }),
      record<HwRecord<'GroupDiscarded'>>('GroupDiscarded', 16, {
        group: u32,
        groupEpoch: u32,
        device: u32,
        cause: oneOf(['reset', 'removed', 'needs-pasid', 'fenced']),
      }),
      record<HwRecord<'ResultDropped'>>('ResultDropped', 17, {
        group: u32,
        groupEpoch: u32,
        reason: oneOf(['duplicate', 'unknown']),
      }),
      record<HwRecord<'StallRecorded'>>('StallRecorded', 18, { ...requestFields, deferred: bool }),
      record<HwRecord<'StallDeferred'>>('StallDeferred', 19, requestFields),
      record<HwRecord<'StallEnded'>>('StallEnded', 20, {
        ...requestIdentity,
        device: u32,
        groupId: u16,
        outcome: oneOf(['completed', 'aborted']),
        code: responseCode,
        rounds: u16,
        endedAtMicros: micros,
      }),
      record<HwRecord<'SegmentResetSeen'>>('SegmentResetSeen', 21, { segment: u16, segmentEpoch: u32 }),
      record<HwRecord<'TeardownBegun'>>('TeardownBegun', 22, {
        ...binding,
        cause: oneOf(['unbind', 'remove']),
        atMicros: micros,
      }),
      record<HwRecord<'TeardownStepped'>>('TeardownStepped', 23, {
        ...binding,
        step: oneOf(TEARDOWN_STEPS),
        outcome: stepOutcomes,
        atMicros: micros,
      }),
      record<HwRecord<'PasidDrained'>>('PasidDrained', 24, { ...binding, atMicros: micros }),
      record<HwRecord<'DeviceFenced'>>('DeviceFenced', 25, {
        device: u32,
        cause: oneOf(['stop-timeout', 'invalidation-timeout', 'requested']),
        atMicros: micros,
      }),
      record<HwRecord<'DeviceResetSeen'>>('DeviceResetSeen', 26, { ...requestIdentity, device: u32 }),
      record<HwRecord<'GroupHeld'>>(
        'GroupHeld',
        27,
        {
          ...requestIdentity,
          order: u32,
          group: u32,
          device: u32,
          model: faultModel,
          pasid,
          groupId: u16,
          queue: text,
          closedAtMicros: micros,
        },
        (group) => (group.model === 'pri' ? checkPrgIndex(group) : undefined),
      ),
      record<HwRecord<'QueueFreed'>>('QueueFreed', 28, {}),
      record<HwRecord<'QueueAllocated'>>('QueueAllocated', 29, {}),
    ],
  },
});
