import type { SegmentEvent } from '@faultline/domain';

interface Waiting {
  key: string;
  answer(stopped: boolean): void;
}

/**
 * Holds requests to stop a PASID until the log says that it has stopped (R94). A device that hangs lets its requests wait until its
 * reset; asking again changes nothing, so a request may be sent twice.
 */
export class StopDesk {
  private readonly stopped = new Set<string>();
  private waiting: Waiting[] = [];

  /** @param stop asks the devices to stop the PASID */
  constructor(private readonly stop: (device: number, pasid: number) => void) {}

  /** Resolves when the PASID has stopped; with `false` when this desk closes before. */
  ask(device: number, pasid: number): Promise<boolean> {
    const key = keyOf(device, pasid);
    if (this.stopped.has(key)) return Promise.resolve(true);
    return new Promise((answer) => {
      this.waiting.push({ key, answer });
      this.stop(device, pasid);
    });
  }

  /** These events are in the log. */
  released(events: readonly SegmentEvent[]): void {
    for (const event of events) {
      if (event.kind === 'PasidStopped') this.answer(keyOf(event.device, event.pasid));
      else if (event.kind === 'PasidStarted') this.stopped.delete(keyOf(event.device, event.pasid));
    }
  }

  /** Nobody waits here any longer. */
  close(): void {
    for (const { answer } of this.waiting.splice(0)) answer(false);
  }

  private answer(key: string): void {
    this.stopped.add(key);
    const { waiting } = this;
    this.waiting = waiting.filter((each) => each.key !== key);
    for (const each of waiting) if (each.key === key) each.answer(true);
  }
}

function keyOf(device: number, pasid: number): string {
  return `${device}/${pasid}`;
}
