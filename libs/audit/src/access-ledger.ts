import type { ResolvedScenario } from '@faultline/contracts';
import { NumberSet } from '@faultline/domain';
import type { AccessEnded, AccessesHit, AccessRange } from '@faultline/domain';
import type { Findings } from './findings';
import type { DecodedMessage } from './message';
import type { WorkTime } from './report';

/** How many accesses each device's workload has; the scenario knows. */
export interface ScenarioTotals {
  accessesByDevice: Readonly<Record<number, number>>;
}

/** How many accesses each device of a scenario has to end. */
export function totalsOf({ devices }: Pick<ResolvedScenario, 'devices'>): ScenarioTotals {
  const totals = devices.map(
    ({ device, workloads }) => [device, workloads.reduce((sum, { accesses }) => sum + accesses, 0)] as const,
  );
  return { accessesByDevice: Object.fromEntries(totals) };
}

interface DeviceAccesses {
  /** Accesses that ended or were withdrawn: nothing more can become of them. */
  settled: NumberSet;
  hits: number;
  withdrawn: number;
  /** Highest access number seen. */
  highest: number;
  /** PASIDs of which nothing is under way (R94). */
  stopped: Set<number>;
  /** Ends as `removed` that are still to come, since the device vanished with so many accesses under way; -1 while it is there. */
  losses: number;
}

/**
 * The part of I5 about accesses: none ends twice, and in a finished run each of them ended, with a fault or as a hit, or was
 * withdrawn before it began. A device that vanished ends what it lost and nothing else (R104). And the part of I9 that devices
 * answer for: no access of a PASID ends after the device said that nothing of it is under way (R94).
 */
export class AccessLedger {
  private readonly devices = new Map<number, DeviceAccesses>();
  private beganAtMicros = Infinity;
  private endedAtMicros = -Infinity;

  constructor(private readonly findings: Findings) {}

  observe({ events, sequence }: DecodedMessage): void {
    for (const event of events) {
      switch (event.kind) {
        case 'AccessesHit':
          this.endedAtMicros = Math.max(this.endedAtMicros, event.atMicros);
          this.hit(sequence, event);
          break;
        case 'AccessEnded':
          this.endedAtMicros = Math.max(this.endedAtMicros, event.endedAtMicros);
          this.end(sequence, event);
          break;
        case 'WorkBegun':
          this.beganAtMicros = Math.min(this.beganAtMicros, event.atMicros);
          break;
        case 'AccessRetried': {
          const device = this.device(event.device);
          device.highest = Math.max(device.highest, event.access);
          if (!device.settled.has(event.access)) break;
          this.violate(sequence, event.device, event.access, 'it faults again, but has ended before');
          break;
        }
        case 'AccessesWithdrawn':
          this.device(event.device).withdrawn += this.settle(
            sequence,
            event.device,
            event.ranges,
            'it is withdrawn, but has ended before',
          );
          break;
        case 'DeviceRemoved':
          this.device(event.device).losses = event.lost;
          break;
        case 'PasidStopped':
          this.findings.check('I9');
          this.device(event.device).stopped.add(event.pasid);
          break;
        case 'PasidStarted':
          this.device(event.device).stopped.delete(event.pasid);
          break;
        default:
          break;
      }
    }
  }

  /** How long accesses went on; null before one has ended. */
  get workTime(): WorkTime | null {
    const { beganAtMicros, endedAtMicros } = this;
    // A log that begins behind the begin of the work tells no time of it.
    return endedAtMicros >= beganAtMicros ? { beganAtMicros, endedAtMicros } : null;
  }

  /** Compares with the totals, or at least with the access numbers seen, once the run is finished. */
  finish(sequence: number, totals: ScenarioTotals | undefined): void {
    const devices = new Set([
      ...this.devices.keys(),
      ...Object.keys(totals?.accessesByDevice ?? {}).map(Number),
    ]);
    for (const device of devices) this.finishDevice(sequence, device, totals);
    if (totals === undefined)
      this.findings.note(
        'I5',
        'the scenario totals were not given: a missing access at the end of a workload would not show',
      );
  }

  private finishDevice(sequence: number, device: number, totals: ScenarioTotals | undefined): void {
    const { settled, hits, withdrawn, highest, losses } = this.devices.get(device) ?? createDevice();
    this.findings.check('I5');
    if (losses > 0) {
      const sentence = `it vanished, but ${losses} of the accesses it had under way never ended`;
      this.findings.violate('I5', sequence, `device ${device}`, sentence);
    }
    const expected = totals?.accessesByDevice[device];
    const isWrong = expected === undefined ? settled.size < highest + 1 : settled.size !== expected;
    if (!isWrong) return;
    const wanted =
      expected === undefined
        ? `at least ${highest + 1}, its highest number says`
        : `${expected}, the scenario says`;
    const ended = settled.size - withdrawn;
    const given = withdrawn === 0 ? '' : ` and ${withdrawn} were withdrawn`;
    const sentence = `${ended} accesses ended (${ended - hits} faulted, ${hits} hit)${given}, expected ${wanted}`;
    this.findings.violate('I5', sequence, `device ${device}`, sentence);
  }

  private end(sequence: number, { device: number, access, pasid, outcome }: AccessEnded): void {
    this.findings.check('I5');
    const device = this.device(number);
    device.highest = Math.max(device.highest, access);
    if (!device.settled.add(access)) this.violate(sequence, number, access, 'it ends a second time');
    if (device.stopped.has(pasid)) {
      const sentence = `it ends, but PASID ${pasid} was said to have stopped before`;
      this.findings.violate('I9', sequence, `device ${number} access ${access}`, sentence);
    }
    if (device.losses < 0) return;
    if (outcome !== 'removed')
      this.violate(sequence, number, access, `it ends ${outcome}, but its device has vanished before`);
    else if (device.losses === 0)
      this.violate(sequence, number, access, 'its device vanished, but with fewer accesses under way');
    else device.losses -= 1;
  }

  /** Hits come as ranges of access numbers beside their counts, which must agree. */
  private hit(sequence: number, { device, atcHits, translated, ranges }: AccessesHit): void {
    const named = this.settle(sequence, device, ranges, 'it ends a second time, as a hit');
    this.device(device).hits += named;
    if (named === atcHits + translated) return;
    const sentence = `${atcHits + translated} hits are counted, but ${named} are named`;
    this.findings.violate('I5', sequence, `device ${device}`, sentence);
  }

  /** Settles accesses that come as ranges; returns how many these name. */
  private settle(
    sequence: number,
    device: number,
    ranges: readonly AccessRange[],
    complaint: string,
  ): number {
    const { settled } = this.device(device);
    let named = 0;
    for (const { first, count } of ranges) {
      named += count;
      settled.addRange(first, count, (access) => this.violate(sequence, device, access, complaint));
    }
    return named;
  }

  private violate(sequence: number, device: number, access: number, sentence: string): void {
    this.findings.violate('I5', sequence, `device ${device} access ${access}`, sentence);
  }

  private device(device: number): DeviceAccesses {
    let accesses = this.devices.get(device);
    if (!accesses) this.devices.set(device, (accesses = createDevice()));
    return accesses;
  }
}

function createDevice(): DeviceAccesses {
  return { settled: new NumberSet(), hits: 0, withdrawn: 0, highest: -1, stopped: new Set(), losses: -1 };
}
