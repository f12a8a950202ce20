import type { AccessesHit } from '@faultline/domain';
import type { Findings } from './findings';
import type { DecodedMessage } from './message';
import { NumberSet } from './number-set';

/** How many accesses each device's workload has; the scenario knows. */
export interface ScenarioTotals {
  accessesByDevice: Readonly<Record<number, number>>;
}

interface DeviceAccesses {
  ended: NumberSet;
  hits: number;
  /** Highest access number seen. */
  highest: number;
}

/**
 * The part of I5 about accesses: none ends twice, and in a finished run each of them ended, with a fault or as a hit.
 */
export class AccessLedger {
  private readonly devices = new Map<number, DeviceAccesses>();

  constructor(private readonly findings: Findings) {}

  observe(message: DecodedMessage): void {
    for (const event of message.events) {
      if (event.kind === 'AccessesHit') {
        this.hit(message.sequence, event);
      } else if (event.kind === 'AccessRetried') {
        const device = this.device(event.device);
        device.highest = Math.max(device.highest, event.access);
        if (!device.ended.has(event.access)) continue;
        this.violate(message.sequence, event.device, event.access, 'it faults again, but has ended before');
      } else if (event.kind === 'AccessEnded') {
        this.findings.check('I5');
        const device = this.device(event.device);
        device.highest = Math.max(device.highest, event.access);
        if (!device.ended.add(event.access))
          this.violate(message.sequence, event.device, event.access, 'it ends a second time');
      }
    }
  }

  /** Compares with the totals, or at least with the access numbers seen, once the run is finished. */
  finish(sequence: number, totals: ScenarioTotals | undefined): void {
    const devices = new Set([
      ...this.devices.keys(),
      ...Object.keys(totals?.accessesByDevice ?? {}).map(Number),
    ]);
    for (const device of devices) {
      const { ended, hits, highest } = this.devices.get(device) ?? {
        ended: new NumberSet(),
        hits: 0,
        highest: -1,
      };
      this.findings.check('I5');
      const count = ended.size;
      const expected = totals?.accessesByDevice[device];
      const isWrong = expected === undefined ? count < highest + 1 : count !== expected;
      if (!isWrong) continue;
      const wanted =
        expected === undefined
          ? `at least ${highest + 1}, its highest number says`
          : `${expected}, the scenario says`;
      const sentence = `${count} accesses ended (${count - hits} faulted, ${hits} hit), expected ${wanted}`;
      this.findings.violate('I5', sequence, `device ${device}`, sentence);
    }
    if (totals === undefined)
      this.findings.note(
        'I5',
        'the scenario totals were not given: a missing access at the end of a workload would not show',
      );
  }

  /** Hits come as ranges of access numbers beside their counts, which must agree. */
  private hit(sequence: number, { device, atcHits, translated, ranges }: AccessesHit): void {
    const { ended } = this.device(device);
    let named = 0;
    for (const { first, count } of ranges) {
      named += count;
      for (let access = first; access < first + count; access += 1) {
        if (!ended.add(access)) this.violate(sequence, device, access, 'it ends a second time, as a hit');
      }
    }
    this.device(device).hits += named;
    if (named === atcHits + translated) return;
    const sentence = `${atcHits + translated} hits are counted, but ${named} are named`;
    this.findings.violate('I5', sequence, `device ${device}`, sentence);
  }

  private violate(sequence: number, device: number, access: number, sentence: string): void {
    this.findings.violate('I5', sequence, `device ${device} access ${access}`, sentence);
  }

  private device(device: number): DeviceAccesses {
    let accesses = this.devices.get(device);
    if (!accesses) this.devices.set(device, (accesses = { ended: new NumberSet(), hits: 0, highest: -1 }));
    return accesses;
  }
}
