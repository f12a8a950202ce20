import { PAGE_BYTES, Permission, type Permissions } from '../kernel/vocabulary';
import { createPageWalk, type AccessPattern, type PageWalk } from './pattern';
import { PageSpace, type PageRange } from './ranges';
import { SeededRandom } from './random';

/** What one access touches, and how. */
export interface AccessDraw {
  pasid: number;
  page: number;
  /** Byte in the page. */
  offset: number;
  permissions: Permissions;
}

/** Where a device's accesses come from: a generator, or a trace. */
export interface AccessSource {
  /** Accesses it yields in all; `Infinity` for a source that never ends. */
  readonly count: number;
  /** The next access; `undefined` after the last. */
  next(): AccessDraw | undefined;
}

/** Relative weights of the kinds of access. An execute access asks for nothing but execution (R5, R73). */
export interface AccessMix {
  read: number;
  write: number;
  execute: number;
}

/** A generated workload of one PASID. */
export interface WorkloadConfig {
  pasid: number;
  ranges: readonly PageRange[];
  pattern: AccessPattern;
  mix: AccessMix;
  count: number;
  seed: number;
}

/** Accesses are to words of this many bytes. */
const WORD_BYTES = 8;

/** A generated workload: the same configuration gives the same accesses, in every process. */
export function createWorkload(config: WorkloadConfig): AccessSource {
  return new GeneratedSource(config);
}

class GeneratedSource implements AccessSource {
  readonly count: number;
  private left: number;
  private readonly pasid: number;
  private readonly space: PageSpace;
  private readonly walk: PageWalk;
  private readonly kinds: SeededRandom;
  private readonly readBelow: number;
  private readonly writeBelow: number;

  constructor(config: WorkloadConfig) {
    if (!(config.count >= 0))
      throw new RangeError(`a workload needs a count of accesses, found ${config.count}`);
    const { read, write, execute } = config.mix;
    const total = read + write + execute;
    const bad = read < 0 || write < 0 || execute < 0 || !Number.isFinite(total) || total <= 0;
    if (bad)
      throw new RangeError(
        `a mix needs weights of at least 0 and one above 0, found ${read}, ${write}, ${execute}`,
      );
    const random = new SeededRandom(config.seed);
    this.count = config.count;
    this.left = config.count;
    this.pasid = config.pasid;
    this.space = new PageSpace(config.ranges);
    // Pages and kinds have a stream each, so that another mix leaves the pages as they are.
    this.walk = createPageWalk(config.pattern, this.space.size, random.fork('pages'));
    this.kinds = random.fork('kinds');
    this.readBelow = (read / total) * KIND_STEPS;
    this.writeBelow = ((read + write) / total) * KIND_STEPS;
  }

  next(): AccessDraw | undefined {
    if (this.left <= 0) return undefined;
    this.left -= 1;
    const bits = this.kinds.bits();
    return {
      pasid: this.pasid,
      page: this.space.page(this.walk.next()),
      offset: (bits % (PAGE_BYTES / WORD_BYTES)) * WORD_BYTES,
      permissions: this.kindOf(bits >>> OFFSET_BITS),
    };
  }

  private kindOf(drawn: number): Permissions {
    if (drawn < this.readBelow) return Permission.READ;
    return drawn < this.writeBelow ? Permission.WRITE : Permission.EXECUTE;
  }
}

// One draw of 32 bits gives both: the low bits the word in the page, the high bits the kind.
const OFFSET_BITS = Math.log2(PAGE_BYTES / WORD_BYTES);
const KIND_STEPS = 2 ** (32 - OFFSET_BITS);
