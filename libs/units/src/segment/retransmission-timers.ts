import type { AccessDropped, SegmentCommand } from '@faultline/domain';
import type { ClockPort } from '@faultline/hosting';

/** The retransmission timers of a segment's devices: each begins when a device drops an access, and brings the access back. */
export class RetransmissionTimers {
  private readonly running = new Set<() => void>();

  constructor(
    private readonly clock: ClockPort,
    private readonly timeScale: number,
    private readonly onFired: (command: SegmentCommand) => void,
  ) {}

  begin({ device, access, drop, retryMicros }: AccessDropped): void {
    const cancel = this.clock.after(retryMicros * this.timeScale, () => {
      this.running.delete(cancel);
      this.onFired({ kind: 'RetransmitAccess', device, access, drop });
    });
    this.running.add(cancel);
  }

  /** No access comes again: whoever owns the segment next issues all of them anew (D9). */
  stop(): void {
    for (const cancel of this.running) cancel();
    this.running.clear();
  }
}
