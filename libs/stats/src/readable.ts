/** Numbers as people read them. Every function gives plain text without padding. */

const thousands = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,234,567`. */
export function formatCount(count: number): string {
  return thousands.format(count);
}

/** Three significant digits, without an exponent and without trailing zeros after the point. */
function threeDigits(value: number): string {
  if (value >= 999.5) return thousands.format(value);
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits);
}

/** A duration in microseconds with the unit that suits it: `480 ns`, `12.3 µs`, `4.56 ms`, `7.89 s`, `3 min 20 s`, `5 h 7 min`. */
export function formatMicros(micros: number): string {
  if (!Number.isFinite(micros)) return '-';
  const size = Math.abs(micros);
  const sign = micros < 0 ? '-' : '';
  if (size === 0) return '0 µs';
  if (size < 0.9995) return `${sign}${threeDigits(size * 1e3)} ns`;
  if (size < 999.5) return `${sign}${threeDigits(size)} µs`;
  if (size < 999.5e3) return `${sign}${threeDigits(size / 1e3)} ms`;
  if (size < 119.5e6) return `${sign}${threeDigits(size / 1e6)} s`;
  const seconds = Math.round(size / 1e6);
  if (seconds >= 120 * 60) {
    const minutes = Math.round(size / 60e6);
    return `${sign}${thousands.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
  }
  return `${sign}${thousands.format(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** `12.3 k/s`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '-';
  if (perSecond >= 1e6) return `${threeDigits(perSecond / 1e6)} M/s`;
  if (perSecond >= 1e4) return `${threeDigits(perSecond / 1e3)} k/s`;
  return `${perSecond >= 100 ? thousands.format(perSecond) : threeDigits(perSecond)}/s`;
}

/** `12.3 %`; a part of nothing is `-`. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '-' : `${threeDigits((100 * part) / whole)} %`;
}

/** Page number as hexadecimal, as addresses are read. */
export function formatPage(page: number): string {
  return `0x${page.toString(16)}`;
}

/** Time of day in UTC with microseconds: `2025-11-23 00:19:12.345678`. */
export function formatInstant(micros: number): string {
  const millis = Math.floor(micros / 1e3);
  const rest = Math.floor(micros - millis * 1e3);
  // eslint-disable-next-line no-restricted-globals -- no clock is read
  return `${new Date(millis).toISOString().slice(0, 23).replace('T', ' ')}${String(rest).padStart(3, '0')}`;
}
