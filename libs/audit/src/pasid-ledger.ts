import type { PasidDrained, RequestRecord } from '@faultline/domain';
import { EpochMap } from './epoch-map';
import type { Findings } from './findings';
import { type DecodedMessage, unitIndex } from './message';

interface Binding {
  bound: boolean;
  mm: number;
  generation: number;
}

/** A binding of a device. One that was taken out of the table is in use until it has drained (R102). */
interface DeviceBinding extends Binding {
  drained: boolean;
}

/** Names something of an older generation of a PASID that is still pending. */
export type PendingOfPasid = (pasid: number, belowGeneration: number) => string | undefined;

type PasidEvent = Extract<
  DecodedMessage['events'][number],
  { kind: 'MmPasidBound' | 'PasidBound' | 'MmPasidUnbound' | 'PasidUnbound' }
>;

/**
 * I9 as far as a log shows it: generations grow, nothing is bound twice, and a PASID is used again only when every device that had
 * it has drained, with nothing of an older generation pending (D2, R102). A replacement is the exception: it says so (R105).
 */
export class PasidLedger {
  /** By shard, then PASID. */
  private readonly shards = new EpochMap(() => new Map<number, Binding>());
  /** By device, then PASID. */
  private readonly devices = new EpochMap(() => new Map<number, DeviceBinding>());
  /** PASID -> its generation that took the place of another one. */
  private readonly replacing = new Map<number, number>();

  constructor(
    private readonly findings: Findings,
    private readonly pendingOfPasid: PendingOfPasid,
  ) {}

  observe(message: DecodedMessage): void {
    const unit = unitIndex(message.headers.unit);
    const { sequence } = message;
    for (const event of message.events) {
      switch (event.kind) {
        case 'MmPasidBound':
          if (event.replaces) this.replacing.set(event.pasid, event.generation);
          else this.checkDrained(event.pasid, event.generation, 'it is used again', sequence);
          this.checkUse(this.shards.get(unit, 0), event, true, sequence);
          this.shards
            .get(unit, 0)
            .set(event.pasid, { mm: event.mm, generation: event.generation, bound: true });
          break;
        case 'PasidBound': {
          const bindings = this.devices.get(event.device, 0);
          this.checkUse(bindings, event, false, sequence);
          this.checkOwnDrained(bindings.get(event.pasid), event, sequence);
          bindings.set(event.pasid, {
            mm: event.mm,
            generation: event.generation,
            bound: true,
            drained: false,
          });
          break;
        }
        case 'MmPasidUnbound':
          this.unbind(this.shards.get(unit, 0), event, sequence);
          this.checkDrained(event.pasid, event.generation + 1, 'it is unbound', sequence);
          break;
        case 'PasidUnbound':
          this.unbind(this.devices.get(event.device, 0), event, sequence);
          break;
        case 'PasidDrained':
          this.drain(event, sequence);
          break;
        case 'DeviceDetached':
          for (const binding of this.devices.get(event.device, 0).values()) {
            binding.bound = false;
            binding.drained = true;
          }
          break;
        default:
          break;
      }
    }
  }

  /** Whether the use of the PASID that the request belongs to is over: it has drained, or another one took its place. */
  isOver({ device, pasid, generation }: RequestRecord): boolean {
    const binding = this.devices.peek(device, 0)?.get(pasid);
    if (!binding || generation === 0) return false;
    return generation < binding.generation || (generation === binding.generation && binding.drained);
  }

  /** At the mm each use of a PASID has a generation of its own; a device may come back to one that still is in use. */
  private checkUse(
    bindings: Map<number, Binding>,
    event: Extract<PasidEvent, { kind: 'MmPasidBound' | 'PasidBound' }>,
    isNewUse: boolean,
    sequence: number,
  ): void {
    this.findings.check('I9');
    const { pasid, mm, generation } = event;
    const name = nameOf(event);
    const known = bindings.get(pasid);
    const replaces = this.replacing.get(pasid) === generation;
    if (known?.bound && !replaces)
      this.findings.violate('I9', sequence, name, `it is bound to mm ${mm}, but still names mm ${known.mm}`);
    if (
      known &&
      (generation < known.generation || (generation === known.generation && (isNewUse || known.mm !== mm)))
    ) {
      const sentence = `it is bound with generation ${generation}, but had generation ${known.generation} before`;
      this.findings.violate('I9', sequence, name, sentence);
    }
    const isLater = known !== undefined && generation > known.generation && !replaces;
    const pending = isLater ? this.pendingOfPasid(pasid, generation) : undefined;
    if (pending !== undefined) {
      const sentence = `it is used again with generation ${generation}, but ${pending} of an older one is pending`;
      this.findings.violate('I9', sequence, name, sentence);
    }
  }

  /** No device may still be at an older use of the PASID. */
  private checkDrained(pasid: number, belowGeneration: number, what: string, sequence: number): void {
    this.findings.check('I9');
    for (const { unit: device, value } of this.devices.entries()) {
      const binding = value.get(pasid);
      if (!binding || binding.drained || binding.generation >= belowGeneration) continue;
      const sentence = `${what}, but generation ${binding.generation} of device ${device} has not drained`;
      this.findings.violate('I9', sequence, `PASID ${pasid}`, sentence);
    }
  }

  /** Nor may the device itself; the replacement of a domain needs no drain. */
  private checkOwnDrained(
    known: DeviceBinding | undefined,
    event: Extract<PasidEvent, { kind: 'PasidBound' }>,
    sequence: number,
  ): void {
    if (!known || known.drained || known.bound || known.generation >= event.generation) return;
    const sentence = `it is bound again, but its generation ${known.generation} has not drained`;
    this.findings.violate('I9', sequence, nameOf(event), sentence);
  }

  private drain(event: PasidDrained, sequence: number): void {
    this.findings.check('I9');
    const binding = this.devices.get(event.device, 0).get(event.pasid);
    if (binding && !binding.bound && binding.generation === event.generation) {
      binding.drained = true;
      return;
    }
    const name = `device ${event.device} PASID ${event.pasid}`;
    const why = binding?.bound ? 'is still bound' : 'was not bound';
    this.findings.violate('I9', sequence, name, `generation ${event.generation} has drained, but ${why}`);
  }

  private unbind(
    bindings: Map<number, Binding>,
    event: Extract<PasidEvent, { kind: 'MmPasidUnbound' | 'PasidUnbound' }>,
    sequence: number,
  ): void {
    this.findings.check('I9');
    const known = bindings.get(event.pasid);
    if (known?.bound && known.generation === event.generation) {
      known.bound = false;
      return;
    }
    const sentence = `generation ${event.generation} is unbound, but was not bound`;
    this.findings.violate('I9', sequence, nameOf(event), sentence);
  }
}

function nameOf(event: PasidEvent): string {
  return 'device' in event ? `device ${event.device} PASID ${event.pasid}` : `PASID ${event.pasid}`;
}
