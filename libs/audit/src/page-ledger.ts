import {
  ACCESS_MASK,
  formatPermissions,
  type FrameFreed,
  type MmEvent,
  type PageInstalled,
  type PageRemoved,
  Permission,
  type VmaMapped,
  type VmaUnmapped,
} from '@faultline/domain';
import { AddressSpaceView } from './address-space-view';
import type { Findings } from './findings';
import { FrameView } from './frame-view';
import { type DecodedMessage, unitIndex } from './message';

/** The address spaces and frames of one shard, as its log shows them. */
class ShardView {
  readonly spaces = new Map<number, AddressSpaceView>();
  readonly frames: FrameView;

  constructor(
    readonly shard: number,
    findings: Findings,
  ) {
    this.frames = new FrameView(findings);
  }
}

/**
 * I6, and the part of I7 that a log shows: entries are written only inside areas and within their permissions, over nothing that
 * is still there or still being invalidated, with frames that are free or shared. Memory is that of the mapped pages.
 */
export class PageLedger {
  private readonly shards = new Map<number, ShardView>();

  constructor(private readonly findings: Findings) {}

  observe(message: DecodedMessage): void {
    if (message.headers.schema !== 'mm') return;
    const shard = this.shard(unitIndex(message.headers.unit));
    for (const event of message.events) this.take(event as MmEvent, shard, message.sequence);
  }

  private take(event: MmEvent, shard: ShardView, sequence: number): void {
    switch (event.kind) {
      case 'AddressSpaceCreated':
        shard.spaces.set(event.mm, new AddressSpaceView());
        break;
      case 'AddressSpaceExited':
        this.exit(event.mm, shard, sequence);
        break;
      case 'VmaMapped':
        this.mapArea(event, shard, sequence);
        break;
      case 'VmaUnmapped':
        this.unmapArea(event, shard, sequence);
        break;
      case 'PageInstalled':
        this.install(event, shard, sequence);
        break;
      case 'PageRemoved':
        this.remove(event, shard, sequence);
        break;
      case 'PageInvalidated':
        this.complete(event, shard, sequence, false);
        break;
      case 'FrameFreed':
        this.complete(event, shard, sequence, true);
        break;
      default:
        break;
    }
  }

  private mapArea(event: VmaMapped, shard: ShardView, sequence: number): void {
    this.findings.check('I6');
    const space = shard.spaces.get(event.mm);
    if (!space || space.exited) {
      this.findings.violate(
        'I6',
        sequence,
        `mm ${event.mm}`,
        'an area is mapped, but the address space does not live',
      );
    } else if (!space.mapArea(event.start, event.end, event.permissions)) {
      this.findings.violate(
        'I6',
        sequence,
        `mm ${event.mm}`,
        `the area [${event.start}, ${event.end}) overlaps another`,
      );
    }
  }

  private unmapArea(event: VmaUnmapped, shard: ShardView, sequence: number): void {
    this.findings.check('I6');
    const left = shard.spaces.get(event.mm)?.unmapArea(event.start, event.end);
    if (left === undefined) return;
    this.findings.violate(
      'I6',
      sequence,
      `mm ${event.mm} page ${left}`,
      'its area is unmapped, but the page is still installed',
    );
  }

  private exit(mm: number, shard: ShardView, sequence: number): void {
    this.findings.check('I6');
    const space = shard.spaces.get(mm);
    if (!space) return;
    const left = space.installed;
    if (left > 0)
      this.findings.violate(
        'I6',
        sequence,
        `mm ${mm}`,
        `the address space ends, but ${left} pages are still installed`,
      );
    space.exit();
  }

  private install(event: PageInstalled, shard: ShardView, sequence: number): void {
    this.findings.check('I6');
    this.findings.check('I7');
    const name = `mm ${event.mm} page ${event.page}`;
    const space = shard.spaces.get(event.mm);
    if (!space || space.exited) {
      this.findings.violate('I6', sequence, name, 'a page is installed, but the address space does not live');
      return;
    }
    this.checkArea(event, space, name, sequence);
    const shown = space.frameOf(event.page);
    if (event.cause === 'upgrade' || shown === event.frame) {
      if (shown === event.frame) return;
      const actual = shown === undefined ? 'shows nothing' : `shows frame ${shown}`;
      this.findings.violate(
        'I6',
        sequence,
        name,
        `its permissions are raised on frame ${event.frame}, but the page ${actual}`,
      );
      return;
    }
    if (shown !== undefined) {
      this.findings.violate(
        'I6',
        sequence,
        name,
        `frame ${event.frame} is installed over frame ${shown}, which was not removed`,
      );
      shard.frames.unmap(shown);
    }
    if (space.isRemoving(event.page)) {
      this.findings.violate(
        'I7',
        sequence,
        name,
        'it is installed before the invalidation of its old entry is complete',
      );
    }
    shard.frames.install(event, name, sequence);
    space.install(event.page, event.frame);
  }

  private checkArea(event: PageInstalled, space: AddressSpaceView, name: string, sequence: number): void {
    const area = space.areaOf(event.page);
    if (!area) {
      this.findings.violate('I6', sequence, name, 'a page is installed outside every area');
      return;
    }
    const granted = event.permissions & ACCESS_MASK;
    if ((granted & ~area.permissions) !== 0) {
      const sentence = `the page grants ${formatPermissions(granted)}, its area allows ${formatPermissions(area.permissions)}`;
      this.findings.violate('I6', sequence, name, sentence);
    }
    if (event.cause === 'zero-page' && (granted & Permission.WRITE) !== 0) {
      this.findings.violate('I6', sequence, name, 'the shared zero page is installed writable');
    }
  }

  private remove(event: PageRemoved, shard: ShardView, sequence: number): void {
    this.findings.check('I6');
    const space = shard.spaces.get(event.mm);
    const shown = space?.frameOf(event.page);
    if (!space || shown !== event.frame) {
      const actual = shown === undefined ? 'shows nothing' : `shows frame ${shown}`;
      const sentence = `frame ${event.frame} is removed from it, but the page ${actual}`;
      this.findings.violate('I6', sequence, `mm ${event.mm} page ${event.page}`, sentence);
      return;
    }
    space.remove(event.page, event.frame);
    shard.frames.remove(event);
  }

  private complete(
    event: Omit<FrameFreed, 'kind'>,
    shard: ShardView,
    sequence: number,
    freed: boolean,
  ): void {
    this.findings.check('I6');
    const name = `mm ${event.mm} page ${event.page}`;
    const wasRemoving = shard.spaces.get(event.mm)?.completeRemoval(event.page, event.frame) ?? false;
    if (freed) shard.frames.free(event.frame, wasRemoving, sequence);
    else if (wasRemoving) shard.frames.keep(event.frame, sequence);
    else
      this.findings.violate(
        'I6',
        sequence,
        name,
        `the invalidation of frame ${event.frame} is complete, but none was under way`,
      );
  }

  private shard(index: number): ShardView {
    let shard = this.shards.get(index);
    if (!shard) this.shards.set(index, (shard = new ShardView(index, this.findings)));
    return shard;
  }
}
