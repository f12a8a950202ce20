import { reviewSilence } from './due';
import type { SegmentState } from './state';

/** Changes with the shape of {@link DurableSegment}. */
export const SEGMENT_STATE_VERSION = 1;

/** What of a segment a new owner needs: what its devices have in hand goes with the reset of its epoch (D9). Plain data. */
export interface DurableSegment {
  segment: number;
  epoch: number;
  begun: number[];
  halted: boolean;
  devices: { device: number; removed: boolean; hung: boolean; stopped: number[]; withdrawn: number }[];
}

/** The durable part of a state. */
export function durableSegment(state: SegmentState): DurableSegment {
  return {
    segment: state.segment,
    epoch: state.epoch,
    begun: [...state.begun],
    halted: state.halted,
    devices: state.devices.map(({ device, removed, hung, stops, withdrawn }) => ({
      device,
      removed,
      hung,
      stopped: stops
        .flatMap(({ pasid, stopped }) => (stopped ? [pasid] : []))
        .sort((one, other) => one - other),
      withdrawn,
    })),
  };
}

/** Gives a state before any event what the durable part says; only for a new owner, who begins an epoch next. */
export function restoreSegment(state: SegmentState, durable: DurableSegment): SegmentState {
  state.epoch = durable.epoch;
  state.halted = durable.halted;
  for (const mm of durable.begun) state.begun.add(mm);
  for (const { device, removed, hung, stopped, withdrawn } of durable.devices) {
    const found = state.byNumber[device];
    if (found === undefined) continue;
    found.removed = removed;
    found.hung = hung;
    found.stops = stopped.map((pasid) => ({ pasid, underWay: 0, stopped: true }));
    found.withdrawn = withdrawn;
    reviewSilence(state, found);
  }
  return state;
}
