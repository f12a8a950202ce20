import { coversPage, EVERY_PASID } from './atc';
import { Numbered } from '../kernel/numbered';

const BUCKETS = 4096;
/** Pages of an invalidation whose buckets are looked at before everything in flight is; longer ranges are seldom. */
const FEW_PAGES = 64;

/** What waits for a completion. */
export interface AwaitsTranslation {
  readonly device: object;
  readonly pasid: number;
  readonly page: number;
  /** Number of its request. */
  translation: number;
  stale: boolean;
}

/** The translation requests in flight of a segment, and which of them an invalidation has overtaken (R28). */
export class TranslationsInFlight<T extends AwaitsTranslation> {
  private readonly byNumber = new Numbered<T>();
  // Counts requests by the low bits of their page: an invalidation of pages that nobody asks for costs one look, and under
  // reclaim there is an invalidation for every fault.
  private readonly buckets = new Int32Array(BUCKETS);

  get size(): number {
    return this.byNumber.size;
  }

  /** The access that waits for this completion; undefined for a completion of an older epoch (D4). */
  get(translation: number): T | undefined {
    return this.byNumber.get(translation);
  }

  /** The access's request has left, under the number in its `translation`. */
  add(live: T): void {
    this.byNumber.add(live.translation, live);
    this.count(live.page, 1);
  }

  /** The completion is here, or will never be waited for again. */
  delete(live: T): void {
    this.byNumber.delete(live.translation);
    this.count(live.page, -1);
  }

  /** Marks what a range of pages overlaps in the devices that are meant: its result may be the old translation (R28). */
  markStale(pasid: number, page: number, pages: number, isMeant: (device: T['device']) => boolean): void {
    if (pages > 0 && pages <= FEW_PAGES && this.isQuiet(page, pages)) return;
    this.byNumber.forEach((live) => {
      const overlaps = (pasid === live.pasid || pasid === EVERY_PASID) && coversPage(page, pages, live.page);
      if (overlaps && isMeant(live.device)) live.stale = true;
    });
  }

  private isQuiet(page: number, pages: number): boolean {
    for (let at = page; at < page + pages; at++) if (this.buckets[at & (BUCKETS - 1)] !== 0) return false;
    return true;
  }

  private count(page: number, change: number): void {
    const bucket = page & (BUCKETS - 1);
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + change;
  }
}
