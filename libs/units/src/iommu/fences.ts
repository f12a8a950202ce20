import { type AnyIommuEvent, type IommuCommand, type IommuState, isFenced } from '@faultline/domain';
import { UnitClosed, type UnitHost } from '@faultline/hosting';

type FenceCause = Extract<IommuCommand, { kind: 'FenceDevice' }>['cause'];

interface Waiting {
  device: number;
  resolve(): void;
  reject(error: Error): void;
  isOver(): boolean;
}

/** Cuts devices off, and tells when something happened to a device after which it holds no old translation. */
export class Fences {
  /** Counts everything that empties a device's caches, over all devices; and by device, the last such count. */
  private count = 0;
  private readonly last = new Map<number, number>();
  private waiting: Waiting[] = [];
  private closed = false;

  constructor(private readonly host: UnitHost<IommuState, IommuCommand, AnyIommuEvent>) {}

  /** Now, for {@link emptied}. */
  get mark(): number {
    return this.count;
  }

  /** Resolves when the log says that the device is cut off, or that there is no such device any more. */
  async fence(device: number, cause: FenceCause): Promise<void> {
    await this.host.settle([{ kind: 'FenceDevice', device, cause }]);
  }

  /** Resolves when the device is not cut off (any more). Rejects with `UnitClosed` when the unit is handed over first. */
  cleared(device: number): Promise<void> {
    return this.wait(device, () => !isFenced(this.host.state, device));
  }

  /**
   * Resolves when the device was cut off, reset or removed after `mark`: nothing that it cached before is used any more. Rejects like
   * {@link cleared}.
   */
  emptied(device: number, mark: number): Promise<void> {
    return this.wait(device, () => (this.last.get(device) ?? 0) > mark);
  }

  /** These events are in the log. */
  released(events: readonly AnyIommuEvent[]): void {
    for (const event of events) {
      switch (event.kind) {
        case 'SegmentResetSeen':
          for (const device of this.host.state.durable.devices.keys()) this.note(device);
          break;
        case 'DeviceFenced':
        case 'DeviceResetSeen':
        case 'DeviceDetached':
          this.note(event.device);
          break;
        default:
          break;
      }
    }
  }

  close(): void {
    this.closed = true;
    for (const { reject } of this.waiting) reject(new UnitClosed());
    this.waiting = [];
  }

  private note(device: number): void {
    this.count += 1;
    this.last.set(device, this.count);
    for (const each of [...this.waiting]) {
      if (each.device !== device || !each.isOver()) continue;
      this.waiting.splice(this.waiting.indexOf(each), 1);
      each.resolve();
    }
  }

  private wait(device: number, isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    if (this.closed) return Promise.reject(new UnitClosed());
    return new Promise((resolve, reject) => this.waiting.push({ device, resolve, reject, isOver }));
  }
}
