import { formatCount } from '@faultline/stats';

/** `1 fault`, `2 faults`. */
export const several = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
