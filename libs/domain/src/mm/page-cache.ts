import { createPageMap, erasePage, readPage, writePage } from '../kernel/page-map';
import { type FrameTable, isCached } from './frame-table';

/** Puts a taken frame into the page cache. */
export function enterCache(table: FrameTable, index: number, file: number, filePage: number): void {
  const { files, fileOf, filePageOf } = table.cache;
  let pages = files.get(file);
  if (pages === undefined) files.set(file, (pages = createPageMap()));
  writePage(pages, filePage, index);
  writePage(fileOf, index, file);
  writePage(filePageOf, index, filePage);
}

/** Takes a frame out of the page cache: its file page has to be read again. */
export function leaveCache(table: FrameTable, index: number): void {
  if (!isCached(table, index)) return;
  const { files, fileOf, filePageOf } = table.cache;
  const file = readPage(fileOf, index);
  const pages = files.get(file);
  if (pages !== undefined) erasePage(pages, readPage(filePageOf, index));
  if (pages?.size === 0) files.delete(file);
  erasePage(fileOf, index);
  erasePage(filePageOf, index);
}
