import type { PageInstalled, PageRemoved } from '@faultline/domain';
import type { Findings } from './findings';

interface Frame {
  /** The zero page and pages of the page cache may be in many entries; all others in one. */
  shared: boolean;
  /** Entries that show it, and invalidations of removed or restricted entries that are not complete. */
  mappings: number;
  invalidating: number;
  /** Reclaim began to take it away: it may not be mapped again before it was freed. */
  reclaimed: boolean;
}

/** Nearly every frame is private memory that one page shows, so they share this until something happens to them. */
const ONCE: Readonly<Frame> = Object.freeze({
  shared: false,
  mappings: 1,
  invalidating: 0,
  reclaimed: false,
});

/** How people are told of the entry that was written. */
export const entryName = ({ mm, page }: PageInstalled): string => `mm ${mm} page ${page}`;

/** The frames of a shard that are in use or in quarantine (D11); what is not here is free. */
export class FrameView {
  private readonly frames = new Map<number, Readonly<Frame>>();

  constructor(private readonly findings: Findings) {}

  install(event: PageInstalled, sequence: number): void {
    const mayShare = event.cause === 'zero-page' || event.cause === 'file';
    if (!this.frames.has(event.frame)) {
      this.frames.set(event.frame, mayShare ? { ...ONCE, shared: true } : ONCE);
      return;
    }
    this.change(event.frame, (frame) => {
      this.checkInUse(event, frame, mayShare, sequence);
      frame.mappings += 1;
    });
  }

  /** What has to hold of a frame that is in use already. */
  private checkInUse(event: PageInstalled, frame: Frame, mayShare: boolean, sequence: number): void {
    const name = `frame ${event.frame}`;
    if (frame.mappings > 0 && !(mayShare && frame.shared)) {
      this.findings.violate(
        'I6',
        sequence,
        name,
        `it is installed at ${entryName(event)}, but another page shows it already`,
      );
    } else if (frame.reclaimed || (frame.invalidating > 0 && !(mayShare && frame.shared))) {
      this.findings.violate(
        'I6',
        sequence,
        name,
        `it is installed at ${entryName(event)} before it was freed: old translations to it may be left`,
      );
    } else if (!mayShare) {
      this.findings.violate(
        'I6',
        sequence,
        name,
        `it is installed at ${entryName(event)} as private memory, but is in the page cache`,
      );
    }
  }

  remove(event: PageRemoved): void {
    this.change(event.frame, (frame) => {
      frame.mappings -= 1;
      frame.invalidating += 1;
      if (event.cause === 'reclaim') frame.reclaimed = true;
    });
  }

  /** An entry of it grants less, and what was cached of that is being invalidated. */
  restrict(number: number): void {
    this.change(number, (frame) => (frame.invalidating += 1));
  }

  /** An entry was overwritten without a removal, which is a violation already. */
  unmap(number: number): void {
    this.change(number, (frame) => (frame.mappings -= 1));
  }

  /** One invalidation is complete and the frame stays in use, which only a shared one may do without entries. */
  keep(number: number, sequence: number): void {
    const frame = this.change(number, (kept) => (kept.invalidating -= 1));
    if (!frame || frame.shared || frame.mappings > 0 || frame.invalidating > 0) return;
    this.findings.violate(
      'I6',
      sequence,
      `frame ${number}`,
      'no page shows it and no invalidation is under way, but it is not freed',
    );
  }

  free(number: number, wasRemoving: boolean, sequence: number): void {
    const name = `frame ${number}`;
    const frame = this.frames.get(number);
    if (!frame) {
      this.findings.violate('I6', sequence, name, 'it is freed, but is free');
      return;
    }
    const invalidating = frame.invalidating - (wasRemoving ? 1 : 0);
    if (frame.mappings > 0)
      this.findings.violate('I6', sequence, name, 'it is freed, but a page still shows it');
    if (invalidating > 0)
      this.findings.violate(
        'I6',
        sequence,
        name,
        'it is freed, but an invalidation of it is still under way',
      );
    this.frames.delete(number);
  }

  /** Changes what is known of a frame; nothing of one that is free. Returns it. */
  private change(number: number, change: (frame: Frame) => void): Readonly<Frame> | undefined {
    const known = this.frames.get(number);
    if (!known) return undefined;
    const frame: Frame = known === ONCE ? { ...known } : known;
    change(frame);
    if (frame !== known) this.frames.set(number, frame);
    return frame;
  }
}
