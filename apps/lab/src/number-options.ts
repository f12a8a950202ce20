import { InvalidArgumentError } from 'commander';

/** Parses an option's whole number, decimal or hexadecimal with 0x, from `least` to `most`. The parser throws `InvalidArgumentError`. */
export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? '' : ` from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number${range}, decimal or hexadecimal with 0x.`);
  };
}

/** Parses an option's decimal number, with or without a fraction, from `least` to `most`. The parser throws `InvalidArgumentError`. */
export function decimalNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}
