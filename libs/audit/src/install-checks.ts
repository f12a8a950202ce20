import {
  ACCESS_MASK,
  formatPermissions,
  type MmEvent,
  type PageInstalled,
  Permission,
} from '@faultline/domain';
import type { AddressSpaceView, Entry } from './address-space-view';
import type { Findings } from './findings';
import { entryName, type FrameView } from './frame-view';

/** What has to hold when a page table entry of one shard is written (I6, I7). */
export class InstallChecks {
  private sequence = 0;
  /** The entry that has just moved: the frame it left has to be freed by the very next event. */
  private moved: { mm: number; page: number; frame: number } | undefined;

  constructor(
    private readonly findings: Findings,
    private readonly frames: FrameView,
  ) {}

  take(event: PageInstalled, space: AddressSpaceView | undefined, sequence: number): void {
    this.sequence = sequence;
    this.findings.check('I6');
    this.findings.check('I7');
    if (!space || space.exited) {
      this.violate('I6', event, 'a page is installed, but the address space does not live');
      return;
    }
    this.checkArea(event, space);
    const shown = space.entryOf(event.page);
    if (event.cause === 'upgrade' || shown?.frame === event.frame) {
      this.raise(event, space, shown);
      return;
    }
    if (shown !== undefined) {
      const sentence = `frame ${event.frame} is installed over frame ${shown.frame}, which was not removed`;
      this.violate('I6', event, sentence);
      this.frames.unmap(shown.frame);
    }
    if (event.cause === 'migrate') this.arrive(event, space);
    else if (space.pendingOf(event.page))
      this.violate('I7', event, 'it is installed before the invalidation of its old entry is complete');
    this.frames.install(event, sequence);
    space.install(event.page, event);
  }

  /** The next event of the shard: after a page that moved it is the end of the invalidation that let it arrive. */
  awaitOldFrame(event: MmEvent, sequence: number): void {
    const { moved } = this;
    if (moved === undefined) return;
    this.moved = undefined;
    // A new owner has the entry invalidated again, and frees the frame after that.
    if (event.kind === 'MmOwnerChanged') return;
    const { mm, page, frame } = moved;
    const isFreed =
      event.kind === 'FrameFreed' && event.mm === mm && event.page === page && event.frame === frame;
    if (isFreed) return;
    const sentence = `it arrived in another frame, but frame ${frame}, which it left, is not freed with it`;
    this.findings.violate('I7', sequence, `mm ${mm} page ${page}`, sentence);
  }

  private checkArea(event: PageInstalled, space: AddressSpaceView): void {
    const area = space.areaOf(event.page);
    if (!area) {
      this.violate('I6', event, 'a page is installed outside every area');
      return;
    }
    const granted = event.permissions & ACCESS_MASK;
    if ((granted & ~area.permissions) !== 0) {
      const sentence = `the page grants ${formatPermissions(granted)}, its area allows ${formatPermissions(area.permissions)}`;
      this.violate('I6', event, sentence);
    }
    if (event.cause === 'zero-page' && (granted & Permission.WRITE) !== 0)
      this.violate('I6', event, 'the shared zero page is installed writable');
    if (event.prefetched && event.cause === 'swap-in')
      this.violate('I6', event, 'it is read back from swap, but no request asked for it');
  }

  /** Rights are added in place, which needs no invalidation (R125); all others would. */
  private raise(event: PageInstalled, space: AddressSpaceView, shown: Entry | undefined): void {
    if (shown?.frame !== event.frame) {
      const actual = shown === undefined ? 'shows nothing' : `shows frame ${shown.frame}`;
      const sentence = `its permissions are raised on frame ${event.frame}, but the page ${actual}`;
      this.violate('I6', event, sentence);
      return;
    }
    if (event.prefetched) this.violate('I6', event, 'it is brought along, but was there');
    if ((shown.permissions & ~event.permissions) !== 0)
      this.violate(
        'I7',
        event,
        'its entry is written anew with fewer rights, and nothing invalidates the old',
      );
    if (space.pendingOf(event.page))
      this.violate(
        'I7',
        event,
        'its permissions are raised before the invalidation of the old ones is complete',
      );
    space.install(event.page, event);
  }

  /** A page that moved arrives with the last invalidation of the entry it left, and with no more rights. */
  private arrive(event: PageInstalled, space: AddressSpaceView): void {
    const pending = space.pendingOf(event.page);
    if (pending?.moving === undefined) {
      this.violate('I6', event, 'it arrives from another frame, but had not left any');
      return;
    }
    if (pending.left > 1)
      this.violate('I7', event, 'it arrives before the invalidation of its old entry is complete');
    if ((event.permissions & ~pending.moving) !== 0)
      this.violate('I6', event, 'it arrives with rights that it did not have when it left');
    delete pending.moving;
    this.moved = { mm: event.mm, page: event.page, frame: pending.frame };
  }

  /** Names are put together only where there is something to say: there is an entry for nearly every fault. */
  private violate(invariant: 'I6' | 'I7', event: PageInstalled, sentence: string): void {
    this.findings.violate(invariant, this.sequence, entryName(event), sentence);
  }
}
