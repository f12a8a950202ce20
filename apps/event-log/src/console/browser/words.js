// Numbers and names as people read them; the same words as in the reports and on the command line.

const thousands = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** @param {number} value */
const threeDigits = (value) =>
  value >= 999.5 ? thousands.format(value) : value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);

/** `1,234,567`; nothing for what is not known. @param {number | null | undefined} value */
export const count = (value) => (value === null || value === undefined ? '–' : thousands.format(value));

/** `1 fault`, `2 faults`. @param {number} number @param {string} what */
export const several = (number, what) => `${count(number)} ${what}${number === 1 ? '' : 's'}`;

/** A duration in microseconds with the unit that suits it. @param {number | null | undefined} value */
export function micros(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const sign = value < 0 ? '-' : '';
  if (size === 0) return '0 µs';
  if (size < 0.9995) return `${sign}${threeDigits(size * 1e3)} ns`;
  if (size < 999.5) return `${sign}${threeDigits(size)} µs`;
  if (size < 999.5e3) return `${sign}${threeDigits(size / 1e3)} ms`;
  if (size < 119.5e6) return `${sign}${threeDigits(size / 1e6)} s`;
  const seconds = Math.round(size / 1e6);
  return `${sign}${thousands.format(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** `626/s`, `12.3 k/s`. @param {number | null | undefined} perSecond */
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return '–';
  if (perSecond >= 1e6) return `${threeDigits(perSecond / 1e6)} M/s`;
  if (perSecond >= 1e4) return `${threeDigits(perSecond / 1e3)} k/s`;
  return `${perSecond >= 100 ? thousands.format(perSecond) : threeDigits(perSecond)}/s`;
}

/** `12.3 %`. @param {number} part @param {number} whole */
export const share = (part, whole) => (whole === 0 ? '–' : `${threeDigits((100 * part) / whole)} %`);

/** A number of bytes. @param {number | null | undefined} value */
export function bytes(value) {
  if (value === null || value === undefined) return '–';
  if (value < 1024) return `${value} B`;
  const power = Math.min(3, Math.floor(Math.log2(value) / 10));
  return `${threeDigits(value / 1024 ** power)} ${['B', 'KiB', 'MiB', 'GiB'][power]}`;
}

/** A page number as addresses are read. @param {number} value */
export const page = (value) => `0x${value.toString(16)}`;

/** Time of day in UTC with microseconds. @param {number} value */
export function instant(value) {
  const millis = Math.floor(value / 1e3);
  const rest = Math.floor(value - millis * 1e3);
  return `${new Date(millis).toISOString().slice(0, 23).replace('T', ' ')}${String(rest).padStart(3, '0')}`;
}

/** To the second, for when something was made. @param {number} millis */
export const moment = (millis) => new Date(millis).toISOString().slice(0, 19).replace('T', ' ');

/** `rw--`: read, write, execute, privileged. @param {number} value */
export const permissions = (value) =>
  [...'rwxp'].map((letter, bit) => ((value >> bit) & 1 ? letter : '-')).join('');

/** The stages of a fault, in order, with the names that people read. */
export const STAGES = /** @type {const} */ ([
  ['deviceToIommu', 'device -> IOMMU'],
  ['iommuToQueue', 'IOMMU -> queue'],
  ['queueWait', 'queue wait'],
  ['mm', 'mm'],
  ['response', 'response'],
  ['retry', 'retry'],
]);

/** How a fault was answered, every way there is. */
export const CODES = [
  ...['success', 'invalid', 'failure', 'timeout', 'teardown', 'removed', 'replaced'],
  ...['auto-success', 'auto-invalid', 'auto-failure'],
  ...['dropped', 'refused', 'discarded', 'unrecorded', 'unanswered'],
];

/** How a run stands. */
export const RUN_STATES = {
  live: 'going on',
  finished: 'finished',
  stopped: 'stopped before its end',
  unfinished: 'without an end',
};
