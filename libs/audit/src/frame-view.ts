import {
  addToSet,
  createPageSet,
  type PageInstalled,
  type PageRemoved,
  takeFromSet,
} from '@faultline/domain';
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

/** A frame that one page has begun to show. */
const shownOnce = (shared: boolean): Frame => ({ shared, mappings: 1, invalidating: 0, reclaimed: false });

/** How people are told of the entry that was written. */
export const entryName = ({ mm, page }: PageInstalled): string => `mm ${mm} page ${page}`;

/** The frames of a shard that are in use or in quarantine (D11); what is not here is free. */
export class FrameView {
  /** Nearly every frame is private memory that one page shows, and nothing else ever happened to it. */
  private readonly ordinary = createPageSet();
  private readonly others = new Map<number, Frame>();

  constructor(private readonly findings: Findings) {}

  install(event: PageInstalled, sequence: number): void {
    const mayShare = event.cause === 'zero-page' || event.cause === 'file';
    const frame = this.known(event.frame);
    if (frame) {
      this.checkInUse(event, frame, mayShare, sequence);
      frame.mappings += 1;
    } else if (mayShare) this.others.set(event.frame, shownOnce(true));
    else addToSet(this.ordinary, event.frame);
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
    const frame = this.known(event.frame);
    if (!frame) return;
    frame.mappings -= 1;
    frame.invalidating += 1;
    if (event.cause === 'reclaim') frame.reclaimed = true;
  }

  /** An entry of it grants less, and what was cached of that is being invalidated. */
  restrict(number: number): void {
    const frame = this.known(number);
    if (frame) frame.invalidating += 1;
  }

  /** An entry was overwritten without a removal, which is a violation already. */
  unmap(number: number): void {
    const frame = this.known(number);
    if (frame) frame.mappings -= 1;
  }

  /** One invalidation is complete and the frame stays in use, which only a shared one may do without entries. */
  keep(number: number, sequence: number): void {
    const frame = this.known(number);
    if (!frame) return;
    frame.invalidating -= 1;
    if (frame.shared || frame.mappings > 0 || frame.invalidating > 0) return;
    this.findings.violate(
      'I6',
      sequence,
      `frame ${number}`,
      'no page shows it and no invalidation is under way, but it is not freed',
    );
  }

  free(number: number, wasRemoving: boolean, sequence: number): void {
    const name = `frame ${number}`;
    const frame = this.known(number);
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
    this.others.delete(number);
  }

  /** What is known of a frame, to be changed; undefined for one that is free. */
  private known(number: number): Frame | undefined {
    if (!takeFromSet(this.ordinary, number)) return this.others.get(number);
    const frame = shownOnce(false);
    this.others.set(number, frame);
    return frame;
  }
}
