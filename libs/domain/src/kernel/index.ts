export * from './decider';
export { hashOf, mixBits } from './hash';
export { NumberSet } from './number-set';
export { Numbered } from './numbered';
export * from './vocabulary';
export { entryFrame, entryPermissions } from './page-entry';
export {
  ascendingEntriesOf,
  createPageMap,
  entriesOf,
  erasePage,
  NO_VALUE,
  type PageMap,
  readPage,
  writePage,
} from './page-map';
export { addToSet, createPageSet, type PageSet, pagesOf, takeFromSet } from './page-set';
