import type { Permissions } from '../../kernel/vocabulary';
import type { LeafSettings } from './commands';
import { FIRST_STAGES, type FirstStage } from './config';

/** A leaf of a page table. */
export interface Leaf {
  /** First page of the address space that it shows, and their number. */
  page: number;
  pages: number;
  frame: number;
  permissions: Permissions;
  user: boolean;
  global: boolean;
  accessed: boolean;
  dirty: boolean;
}

/** Pages of a leaf -> first page -> leaf. Pages are numbered in the width of the first stage, without the sign's copies. */
export type PageTable = Map<number, Map<number, Leaf>>;

/** Entries of one table, and so how many pages each further level multiplies a leaf by. */
const TABLE_ENTRIES = 512;
const PAGE_BITS = 12;
const TABLE_BITS = 9;

/** The 52-bit page number in the width of the first stage. */
export function tablePage(firstStage: FirstStage, page: number): number {
  return page % 2 ** (FIRST_STAGES[firstStage] - PAGE_BITS);
}

/** Whether all bits above the sign bit of an address are copies of it: only then can it be translated (R2). */
export function isCanonical(firstStage: FirstStage, page: number): boolean {
  const sign = FIRST_STAGES[firstStage] - PAGE_BITS - 1;
  const upper = Math.floor(page / 2 ** sign);
  return upper === 0 || upper === 2 ** (52 - sign) - 1;
}

/** The leaf that shows a page, found as a walk does: from the root, so that a larger leaf hides smaller ones. */
export function findLeaf(firstStage: FirstStage, table: PageTable, page: number): Leaf | undefined {
  const within = tablePage(firstStage, page);
  const levels = (FIRST_STAGES[firstStage] - PAGE_BITS) / TABLE_BITS;
  for (let pages = TABLE_ENTRIES ** (levels - 1); pages >= 1; pages /= TABLE_ENTRIES) {
    const leaf = table.get(pages)?.get(within - (within % pages));
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}

/** Installs a leaf; one of the same place and size makes way. */
export function evolveMapLeaf(firstStage: FirstStage, table: PageTable, settings: LeafSettings): void {
  let leaves = table.get(settings.pages);
  if (leaves === undefined) {
    leaves = new Map();
    table.set(settings.pages, leaves);
  }
  const page = tablePage(firstStage, settings.page);
  leaves.set(page, { ...settings, page });
}

/** Removes a leaf. */
export function evolveUnmapLeaf(firstStage: FirstStage, table: PageTable, page: number, pages: number): void {
  table.get(pages)?.delete(tablePage(firstStage, page));
}
