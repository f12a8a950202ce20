import { EpochMap } from './epoch-map';
import type { Findings } from './findings';
import { type DecodedMessage, unitIndex } from './message';

interface Binding {
  bound: boolean;
  mm: number;
  generation: number;
}

/** Names something of an older generation of a PASID that is still pending. */
export type PendingOfPasid = (pasid: number, belowGeneration: number) => string | undefined;

/** I9 as far as a log shows it: generations grow, nothing is bound twice, and nothing of an older generation is pending at a reuse (D2). */
export class PasidLedger {
  /** By shard, then PASID. */
  private readonly shards = new EpochMap(() => new Map<number, Binding>());
  /** By device, then PASID. */
  private readonly devices = new EpochMap(() => new Map<number, Binding>());

  constructor(
    private readonly findings: Findings,
    private readonly pendingOfPasid: PendingOfPasid,
  ) {}

  observe(message: DecodedMessage): void {
    const unit = unitIndex(message.headers.unit);
    for (const event of message.events) {
      switch (event.kind) {
        case 'MmPasidBound':
          this.bind(this.shards.get(unit, 0), event, `PASID ${event.pasid}`, true, message.sequence);
          break;
        case 'PasidBound':
          this.bind(
            this.devices.get(event.device, 0),
            event,
            `device ${event.device} PASID ${event.pasid}`,
            false,
            message.sequence,
          );
          break;
        case 'MmPasidUnbound':
          this.unbind(this.shards.get(unit, 0), event, `PASID ${event.pasid}`, message.sequence);
          break;
        case 'PasidUnbound':
          this.unbind(
            this.devices.get(event.device, 0),
            event,
            `device ${event.device} PASID ${event.pasid}`,
            message.sequence,
          );
          break;
        case 'DeviceDetached':
          for (const binding of this.devices.get(event.device, 0).values()) binding.bound = false;
          break;
        default:
          break;
      }
    }
  }

  /** At the mm each use of a PASID has a generation of its own; a device may come back to one that still is in use. */
  private bind(
    bindings: Map<number, Binding>,
    event: { pasid: number; mm: number; generation: number },
    name: string,
    isNewUse: boolean,
    sequence: number,
  ): void {
    this.findings.check('I9');
    const { pasid, mm, generation } = event;
    const known = bindings.get(pasid);
    if (known?.bound)
      this.findings.violate('I9', sequence, name, `it is bound to mm ${mm}, but still names mm ${known.mm}`);
    if (
      known &&
      (generation < known.generation || (generation === known.generation && (isNewUse || known.mm !== mm)))
    ) {
      this.findings.violate(
        'I9',
        sequence,
        name,
        `it is bound with generation ${generation}, but had generation ${known.generation} before`,
      );
    }
    const pending =
      known && generation > known.generation ? this.pendingOfPasid(pasid, generation) : undefined;
    if (pending !== undefined) {
      const sentence = `it is used again with generation ${generation}, but ${pending} of an older one is pending`;
      this.findings.violate('I9', sequence, name, sentence);
    }
    bindings.set(pasid, { bound: true, mm, generation });
  }

  private unbind(
    bindings: Map<number, Binding>,
    event: { pasid: number; generation: number },
    name: string,
    sequence: number,
  ): void {
    this.findings.check('I9');
    const known = bindings.get(event.pasid);
    if (known?.bound && known.generation === event.generation) {
      known.bound = false;
      return;
    }
    this.findings.violate(
      'I9',
      sequence,
      name,
      `generation ${event.generation} is unbound, but was not bound`,
    );
  }
}
