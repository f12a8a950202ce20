import { IOMMU_PROFILES, withQuirks } from '../profile';
import type { HardwareCommand } from './commands';
import type { HardwareEvent } from './events';
import { control, ofKind, pageRequest, perform, ready, submit, testHardware } from './hardware.testkit';
import type { InterruptSource } from './state';

const raisedBy = (before: readonly HardwareEvent[], ...commands: HardwareCommand[]): InterruptSource[] =>
  ofKind(perform(testHardware(), before, ...commands).events, 'InterruptRaised').map(({ source }) => source);

const acknowledge = (overrides: Partial<Record<InterruptSource, boolean>>): HardwareCommand => ({
  kind: 'AcknowledgeInterrupts',
  pageRequest: false,
  fault: false,
  command: false,
  ...overrides,
});
const overflow: HardwareEvent = { kind: 'QueueFlagSet', flag: 'overflow' };
const masked = () => perform(testHardware(), ready, control({ interruptEnable: false })).events;

describe('R60 the page request interrupt', () => {
  it('is raised by a record, and not again while it is pending', () => {
    expect(raisedBy(ready, pageRequest(), pageRequest())).toEqual(['pageRequest']);
  });

  it('is raised again by the first record after the acknowledgement', () => {
    const again = raisedBy(ready, pageRequest(), acknowledge({ pageRequest: true }), pageRequest());
    expect(again).toEqual(['pageRequest', 'pageRequest']);
  });

  it('comes back at once while an error flag is set, pending before or not', () => {
    const flagged = [...ready, overflow];
    expect(raisedBy(flagged, acknowledge({ pageRequest: true }))).toEqual(['pageRequest']);
    expect(
      raisedBy(
        [...ready, { kind: 'QueueFlagSet', flag: 'memory-fault' }],
        acknowledge({ pageRequest: true }),
      ),
    ).toEqual(['pageRequest']);
    expect(raisedBy(flagged, acknowledge({ fault: true, command: true }))).toEqual([]);
  });

  it('an acknowledgement without an error flag leaves it clear', () => {
    const { state } = perform(testHardware(), ready, pageRequest(), acknowledge({ pageRequest: true }));
    expect(state.pending).toEqual({ pageRequest: false, fault: false, command: false });
  });

  it('is not raised while it is masked, nor does it come back', () => {
    expect(raisedBy([...ready, ...masked()], pageRequest())).toEqual([]);
    expect(raisedBy([...ready, ...masked(), overflow], acknowledge({ pageRequest: true }))).toEqual([]);
  });

  describe('unmasked', () => {
    const quirky = () => testHardware(withQuirks(IOMMU_PROFILES.riscv, { interruptOnlyOnAcknowledge: true }));

    it('is raised if an error flag is set, and not for records alone', () => {
      expect(raisedBy([...ready, ...masked(), overflow], control())).toEqual(['pageRequest']);
      expect(raisedBy([...ready, ...masked()], pageRequest(), control())).toEqual([]);
    });

    it('is not raised for a flag that the same write clears, nor if it is pending, nor if it was not masked', () => {
      const pending: HardwareEvent = { kind: 'InterruptRaised', source: 'pageRequest' };
      expect(raisedBy([...ready, ...masked(), overflow], control({ clearOverflow: true }))).toEqual([]);
      expect(raisedBy([...ready, ...masked(), overflow, pending], control())).toEqual([]);
      expect(raisedBy([...ready, overflow], control())).toEqual([]);
      expect(raisedBy([...ready, ...masked(), overflow], control({ interruptEnable: false }))).toEqual([]);
    });

    it('the reference model raises it at the next acknowledgement only', () => {
      const before = [...ready, ...masked(), overflow];
      expect(ofKind(perform(quirky(), before, control()).events, 'InterruptRaised')).toEqual([]);
      const acknowledged = perform(quirky(), before, control(), acknowledge({ pageRequest: true }));
      expect(ofKind(acknowledged.events, 'InterruptRaised')).toHaveLength(1);
    });
  });
});

describe('R60 the interrupts of faults and commands', () => {
  const halted = () => perform(testHardware(), ready, submit({ op: 'illegal' })).events;

  it('a halted command queue interrupts, and again when acknowledged before it is cleared', () => {
    expect(raisedBy(ready, submit({ op: 'illegal' }))).toEqual(['command']);
    expect(raisedBy([...ready, ...halted()], acknowledge({ command: true }))).toEqual(['command']);
    expect(raisedBy([...ready, ...halted()], acknowledge({ pageRequest: true, fault: true }))).toEqual([]);
  });

  it.each(['timeout', 'illegal', 'memoryFault'] as const)('%s is such a flag', (flag) => {
    const before: HardwareEvent[] = [...ready, { kind: 'CommandQueueHalted', flag }];
    expect(raisedBy(before, acknowledge({ command: true }))).toEqual(['command']);
  });

  it('an overflow of the fault queue keeps its interrupt', () => {
    const before: HardwareEvent[] = [...ready, { kind: 'FaultQueueOverflowed' }];
    expect(raisedBy(before, acknowledge({ fault: true }))).toEqual(['fault']);
    expect(raisedBy(ready, acknowledge({ fault: true }))).toEqual([]);
  });
});
