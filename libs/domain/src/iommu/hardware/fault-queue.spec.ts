import type { HardwareCommand } from './commands';
import { NO_PASID, ofKind, perform, ready, testHardware, translation } from './hardware.testkit';

/** A device without a valid entry: each of its requests leaves a record. */
const faulting = translation({ deviceId: 17, pasid: NO_PASID });
const consume = (clearOverflow: boolean): HardwareCommand => ({ kind: 'ConsumeFaultRecords', clearOverflow });

describe('R68 the fault queue', () => {
  it('holds one record less than it has slots; the next one is lost and sets the overflow flag once', () => {
    const { events, state } = perform(
      testHardware(),
      ready,
      faulting,
      faulting,
      faulting,
      faulting,
      faulting,
    );
    expect(ofKind(events, 'FaultRecorded')).toHaveLength(3);
    expect(ofKind(events, 'FaultQueueOverflowed')).toHaveLength(1);
    expect(state.faultQueue).toEqual({ records: 3, overflow: true });
  });

  it('interrupts for a record, and for the overflow', () => {
    expect(ofKind(perform(testHardware(), ready, faulting, faulting).events, 'InterruptRaised')).toEqual([
      { kind: 'InterruptRaised', source: 'fault' },
    ]);
    const acknowledge = {
      kind: 'AcknowledgeInterrupts',
      pageRequest: false,
      fault: true,
      command: false,
    } as const;
    const { events } = perform(testHardware(), ready, faulting, faulting, faulting, acknowledge, faulting);
    expect(ofKind(events, 'InterruptRaised')).toHaveLength(2);
  });

  it.each([
    ['riscv', 0],
    ['smmu', 1],
  ] as const)('[%s] with the flag still set an empty queue takes %d more', (profile, recorded) => {
    const full = [faulting, faulting, faulting, faulting];
    const { events, state } = perform(testHardware(profile), ready, ...full, consume(false), faulting);
    expect(ofKind(events, 'FaultRecorded')).toHaveLength(3 + recorded);
    expect(state.faultQueue).toEqual({ records: recorded, overflow: true });
  });

  it('software clears the flag, and the queue takes records again', () => {
    const full = [faulting, faulting, faulting, faulting];
    const { state } = perform(testHardware(), ready, ...full, consume(true), faulting);
    expect(state.faultQueue).toEqual({ records: 1, overflow: false });
  });
});
