import { formatCount, formatInstant } from '@faultline/stats';

/** `1 fault`, `2 faults`. */
export const several = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;

/** `12 times`: with a capital letter and an end. */
export const sentenceOf = (words: string): string =>
  `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`;

/** `2026-11-27 09:45:35 UTC`: an instant since the Unix epoch, to the second. */
export const momentOf = (micros: number): string => `${formatInstant(micros).slice(0, 19)} UTC`;
