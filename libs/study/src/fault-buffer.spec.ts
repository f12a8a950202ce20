import { STAGES } from '@faultline/audit';
import { FaultBuffer } from './fault-buffer';

const stages = Object.fromEntries(STAGES.map((stage, place) => [stage, place + 0.5])) as Record<
  (typeof STAGES)[number],
  number
>;

describe('the buffer of faults', () => {
  it('gives back what it was given', () => {
    const buffer = new FaultBuffer();
    for (let fault = 0; fault < 3_000; fault += 1) buffer.add(fault, fault + 7, fault % 5, stages);
    const kept = [...buffer];
    expect(kept).toHaveLength(3_000);
    expect(buffer.weight).toBe(1);
    expect(kept[2_999]).toMatchObject({ sentMicros: 2_999, settledMicros: 3_006, device: 4 });
    expect(kept[2_999]?.stageMicros('retry')).toBe(stages.retry);
  });

  it('keeps every second, fourth, ... of more than it has room for, evenly', () => {
    const buffer = new FaultBuffer(100);
    for (let fault = 0; fault < 1_000; fault += 1) buffer.add(fault, fault, 0, stages);
    const sent = [...buffer].map(({ sentMicros }) => sentMicros);
    expect(buffer.weight).toBe(16);
    expect(sent).toEqual(Array.from({ length: 63 }, (_, place) => place * 16));
  });
});
