import { ResponseCode } from '../kernel/vocabulary';
import { admit } from './admission';
import type { IommuCommand } from './commands';
import { discardOpen, dropPartials, faultRefused } from './endings';
import type { DeviceFenced, IommuEvent, RequestRecord } from './events';
import { ringRecords } from './queries';
import { decideSegmentReset } from './reset';
import type { IommuState } from './state';

const NOTHING: readonly IommuEvent[] = [];

/**
 * Cuts a device off: it is going to be reset, so nothing that it has open may be answered any more (R142). Its records leave the
 * ring unanswered, its partial lists, groups and held transactions end. A device that is cut off already stays so.
 */
export function decideFence(
  state: IommuState,
  device: number,
  cause: DeviceFenced['cause'],
  nowMicros: number,
): readonly IommuEvent[] {
  const entry = state.durable.devices.get(device);
  if (entry === undefined || !entry.attached || entry.fenced) return NOTHING;
  return [
    { kind: 'DeviceFenced', device, cause, atMicros: nowMicros },
    ...forget(state, device, 'fenced', nowMicros),
  ];
}

/**
 * The reset message of a device arrives in the sequence of its segment's requests: what comes after it was sent after the reset.
 * A device that was not cut off before has lost what it had open all the same (R21).
 */
export function decideSeeReset(
  state: IommuState,
  command: Extract<IommuCommand, { kind: 'SeeDeviceReset' }>,
  nowMicros: number,
): readonly IommuEvent[] {
  const { segment, segmentEpoch, request, device } = command;
  const admission = admit(state, command);
  if (admission === 'never') return NOTHING;
  const seen: IommuEvent = { kind: 'DeviceResetSeen', segment, segmentEpoch, request, device };
  return admission === 'next'
    ? [seen, ...forget(state, device, 'reset', nowMicros)]
    : [...decideSegmentReset(state, segment, segmentEpoch, nowMicros), seen];
}

function forget(
  state: IommuState,
  device: number,
  cause: 'fenced' | 'reset',
  nowMicros: number,
): IommuEvent[] {
  const concerns = (record: RequestRecord): boolean => record.device === device;
  const entry = state.durable.devices.get(device);
  const refused = ringRecords(state)
    .filter(concerns)
    .map((record) => faultRefused(entry, record, 'fenced', false, ResponseCode.FAILURE, nowMicros));
  return [
    ...refused,
    ...dropPartials(state, concerns, cause),
    ...discardOpen(state, concerns, cause, nowMicros),
  ];
}
