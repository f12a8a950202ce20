/** Slots that are kept together; a page of them is 1 KB. */
const PAGE_SLOTS = 128;

/** How often each slot was counted. Keeps only pages of slots of which one was: latencies lie close together, and are few for most. */
export class SlotCounts {
  private readonly pages: (Float64Array | undefined)[] = [];

  add(slot: number, times: number): void {
    const place = Math.floor(slot / PAGE_SLOTS);
    const page = (this.pages[place] ??= new Float64Array(PAGE_SLOTS));
    const within = slot % PAGE_SLOTS;
    page[within] = (page[within] ?? 0) + times;
  }

  /** Shows the slots that were counted, from the lowest on, until `visit` says true. */
  some(visit: (slot: number, count: number) => boolean): boolean {
    return this.pages.some((page, place) =>
      page?.some((count, within) => count !== 0 && visit(place * PAGE_SLOTS + within, count)),
    );
  }

  /** Memory of the counts, in bytes. */
  get bytes(): number {
    return this.pages.reduce((sum, page) => sum + (page?.byteLength ?? 0), 0);
  }
}
