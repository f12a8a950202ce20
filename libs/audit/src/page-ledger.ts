import type {
  FrameFreed,
  MmEvent,
  PageInvalidated,
  PageRemoved,
  PageRestricted,
  VmaMapped,
  VmaProtected,
  VmaUnmapped,
} from '@faultline/domain';
import { AddressSpaceView } from './address-space-view';
import type { Findings } from './findings';
import { FrameView } from './frame-view';
import { InstallChecks } from './install-checks';
import { type DecodedMessage, unitIndex } from './message';

/** The address spaces and frames of one shard, as its log shows them. */
class ShardView {
  readonly spaces = new Map<number, AddressSpaceView>();
  readonly frames: FrameView;
  readonly installs: InstallChecks;

  constructor(findings: Findings) {
    this.frames = new FrameView(findings);
    this.installs = new InstallChecks(findings, this.frames);
  }
}

/**
 * I6, and the part of I7 that a log shows: entries are written only inside areas and within their permissions, over nothing that
 * is still there or still being invalidated, with frames that are free or shared; and rights are taken away before their areas
 * lose them. Memory is that of the mapped pages.
 */
export class PageLedger {
  private readonly shards = new Map<number, ShardView>();
  private sequence = 0;

  constructor(private readonly findings: Findings) {}

  observe(message: DecodedMessage): void {
    if (message.headers.schema !== 'mm') return;
    this.sequence = message.sequence;
    const shard = this.shard(unitIndex(message.headers.unit));
    for (const event of message.events) this.take(event as MmEvent, shard);
  }

  private take(event: MmEvent, shard: ShardView): void {
    shard.installs.awaitOldFrame(event, this.sequence);
    switch (event.kind) {
      case 'AddressSpaceCreated':
        this.create(event.mm, shard);
        break;
      case 'AddressSpaceExited':
        this.exit(event.mm, shard);
        break;
      case 'VmaMapped':
        this.mapArea(event, shard);
        break;
      case 'VmaUnmapped':
        this.unmapArea(event, shard);
        break;
      case 'VmaProtected':
        this.protectArea(event, shard);
        break;
      case 'PageInstalled':
        shard.installs.take(event, shard.spaces.get(event.mm), this.sequence);
        break;
      case 'PageRestricted':
        this.restrict(event, shard);
        break;
      case 'PageRemoved':
        this.remove(event, shard);
        break;
      case 'PageInvalidated':
        this.complete(event, shard);
        break;
      case 'FrameFreed':
        this.free(event, shard);
        break;
      default:
        break;
    }
  }

  /** Numbers of address spaces are used once. */
  private create(mm: number, shard: ShardView): void {
    if (shard.spaces.has(mm)) this.violate(`mm ${mm}`, 'the address space is created a second time');
    else shard.spaces.set(mm, new AddressSpaceView());
  }

  private mapArea(event: VmaMapped, shard: ShardView): void {
    this.findings.check('I6');
    const space = shard.spaces.get(event.mm);
    if (!space || space.exited) {
      this.violate(`mm ${event.mm}`, 'an area is mapped, but the address space does not live');
    } else if (!space.mapArea(event.start, event.end, event.permissions)) {
      this.violate(`mm ${event.mm}`, `the area [${event.start}, ${event.end}) overlaps another`);
    }
  }

  private unmapArea(event: VmaUnmapped, shard: ShardView): void {
    this.findings.check('I6');
    const left = shard.spaces.get(event.mm)?.unmapArea(event.start, event.end);
    if (left === undefined) return;
    this.violate(`mm ${event.mm} page ${left}`, 'its area is unmapped, but the page is still installed');
  }

  private protectArea(event: VmaProtected, shard: ShardView): void {
    this.findings.check('I6');
    const space = shard.spaces.get(event.mm);
    if (!space || space.exited) {
      this.violate(`mm ${event.mm}`, 'an area is protected, but the address space does not live');
      return;
    }
    const left = space.protectArea(event.start, event.end, event.permissions);
    if (left === undefined) return;
    this.violate(`mm ${event.mm} page ${left}`, 'its area loses rights, but the page still grants them');
  }

  private exit(mm: number, shard: ShardView): void {
    this.findings.check('I6');
    const space = shard.spaces.get(mm);
    if (!space) return;
    const left = space.installed;
    if (left > 0) this.violate(`mm ${mm}`, `the address space ends, but ${left} pages are still installed`);
    space.exit();
  }

  private restrict(event: PageRestricted, shard: ShardView): void {
    this.findings.check('I6');
    const name = `mm ${event.mm} page ${event.page}`;
    const space = shard.spaces.get(event.mm);
    const shown = space?.entryOf(event.page);
    if (!space || shown?.frame !== event.frame) {
      this.violate(name, `frame ${event.frame} is restricted in it, but the page ${showing(shown?.frame)}`);
      return;
    }
    const gained = event.permissions & ~shown.permissions;
    if (gained !== 0 || event.permissions === shown.permissions)
      this.violate(name, 'it is restricted, but grants no less than before');
    space.restrict(event.page, event);
    shard.frames.restrict(event.frame);
  }

  private remove(event: PageRemoved, shard: ShardView): void {
    this.findings.check('I6');
    const space = shard.spaces.get(event.mm);
    const shown = space?.entryOf(event.page);
    if (!space || shown?.frame !== event.frame) {
      const sentence = `frame ${event.frame} is removed from it, but the page ${showing(shown?.frame)}`;
      this.violate(`mm ${event.mm} page ${event.page}`, sentence);
      return;
    }
    space.remove(event.page, event.frame, event.cause === 'migrate' ? shown.permissions : undefined);
    shard.frames.remove(event);
  }

  private complete(event: PageInvalidated, shard: ShardView): void {
    this.findings.check('I6');
    const isOpen = shard.spaces.get(event.mm)?.completeInvalidation(event.page, event.frame) ?? false;
    if (isOpen) {
      shard.frames.keep(event.frame, this.sequence);
      return;
    }
    const sentence = `the invalidation of frame ${event.frame} is complete, but none was under way`;
    this.violate(`mm ${event.mm} page ${event.page}`, sentence);
  }

  private free(event: FrameFreed, shard: ShardView): void {
    this.findings.check('I6');
    const space = shard.spaces.get(event.mm);
    const moving = space?.pendingOf(event.page)?.moving !== undefined;
    const wasRemoving = space?.completeInvalidation(event.page, event.frame) ?? false;
    if (wasRemoving && moving)
      this.violate(`mm ${event.mm} page ${event.page}`, 'it left for another frame and did not arrive');
    shard.frames.free(event.frame, wasRemoving, this.sequence);
  }

  private violate(name: string, sentence: string): void {
    this.findings.violate('I6', this.sequence, name, sentence);
  }

  private shard(index: number): ShardView {
    let shard = this.shards.get(index);
    if (!shard) this.shards.set(index, (shard = new ShardView(this.findings)));
    return shard;
  }
}

/** What a page shows, for sentences. */
function showing(frame: number | undefined): string {
  return frame === undefined ? 'shows nothing' : `shows frame ${frame}`;
}
