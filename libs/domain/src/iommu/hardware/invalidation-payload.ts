import type { DeviceTlbInvalidation } from './commands';

const S_BIT = 1n << 11n;
const PAGE_SHIFT = 12n;
/** Bits 62..12: every page, with S. */
const ALL_PAGES = ((1n << 63n) - 1n) & ~0xfffn;

/**
 * The 64-bit body of a device-TLB invalidation (R25): bit 0 global, bit 11 S, bits 63..12 the address. Without S one page of 4 KiB;
 * with S the lowest zero bit of the address, from bit 12 up, says how long the range is.
 */
export function invalidationPayload(invalidation: DeviceTlbInvalidation): bigint {
  const { page, pages, global } = invalidation;
  const globalBit = global ? 1n : 0n;
  if (pages === 0) return ALL_PAGES | S_BIT | globalBit;
  const address = BigInt(page) << PAGE_SHIFT;
  if (pages === 1) return address | globalBit;
  const ones = ((BigInt(pages) / 2n) << PAGE_SHIFT) - 1n;
  return address | (ones & ~0xfffn) | S_BIT | globalBit;
}
