import type { GroupQueued, IommuEvent } from '@faultline/domain';
import type { BatchHeaders } from '../headers';
import { type CycleClosed, iommuHwSchema, iommuQueueSchema } from './iommu';

type HwEvent = Exclude<IommuEvent, GroupQueued>;

/** A cycle of which not everything was read yet. */
interface OpenCycle {
  epoch: number;
  groups: GroupQueued[];
  hardware: HwEvent[];
}

/**
 * Puts what an IOMMU wrote back into the order in which it was decided (D5): a cycle's groups stand on their queues before its `hw`
 * message, each with its place in the cycle. A cycle whose `hw` message never came, because its owner died in between, ends when
 * the next owner begins: its groups count all the same, behind whatever came of its other events.
 */
export class IommuHistory {
  /** By epoch and number, in the order in which they began. */
  private readonly open = new Map<string, OpenCycle>();

  /**
   * @param onEvent takes the next event
   * @param onClosed takes the positions that the unit's inputs had at the end of a cycle
   */
  constructor(
    private readonly onEvent: (event: IommuEvent) => void,
    private readonly onClosed: (inputs: CycleClosed['inputs']) => void = () => undefined,
  ) {}

  /** Whether nothing of a cycle waits for the rest of it. */
  get isWhole(): boolean {
    return this.open.size === 0;
  }

  /** Takes the next message of the IOMMU, in the order of the log. Throws `DecodeError`. */
  take({ headers, body }: { headers: BatchHeaders; body: Uint8Array }): void {
    if (headers.schema === iommuQueueSchema.name) {
      const cycle = this.cycleOf(headers);
      for (const event of iommuQueueSchema.decode(body))
        if (event.kind === 'GroupQueued') cycle.groups.push(event);
      return;
    }
    this.endOlder(headers.epoch);
    const cycle = this.cycleOf(headers);
    for (const event of iommuHwSchema.decode(body)) {
      if (event.kind !== 'CycleClosed') cycle.hardware.push(event);
      else {
        this.end(keyOf(headers), cycle);
        this.onClosed(event.inputs);
      }
    }
  }

  /** Owners before this one write nothing any more. */
  private endOlder(epoch: number): void {
    for (const [key, cycle] of this.open) if (cycle.epoch < epoch) this.end(key, cycle);
  }

  private end(key: string, { groups, hardware }: OpenCycle): void {
    this.open.delete(key);
    const byOrder = new Map(groups.map((group) => [group.order, group]));
    let place = 0;
    for (const event of hardware) {
      for (let group = byOrder.get(place); group; group = byOrder.get(place)) {
        byOrder.delete(place);
        this.onEvent(group);
        place += 1;
      }
      this.onEvent(event);
      place += 1;
    }
    for (const group of [...byOrder.values()].sort((one, other) => one.order - other.order))
      this.onEvent(group);
  }

  private cycleOf(headers: BatchHeaders): OpenCycle {
    const key = keyOf(headers);
    const known = this.open.get(key);
    if (known) return known;
    const cycle: OpenCycle = { epoch: headers.epoch, groups: [], hardware: [] };
    this.open.set(key, cycle);
    return cycle;
  }
}

function keyOf({ epoch, cycle }: BatchHeaders): string {
  return `${epoch}.${cycle}`;
}
