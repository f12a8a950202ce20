/** Emphasis for terminals that can show it; elsewhere the words stand alone and say the same. */
export interface Style {
  strong(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
}

const wrap = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string): string => text;

/** Colour when the terminal has it, else plain text. */
export function styleFor(colour: boolean): Style {
  if (!colour) return { strong: plain, good: plain, bad: plain, faint: plain };
  return { strong: wrap(1, 22), good: wrap(32, 39), bad: wrap(31, 39), faint: wrap(2, 22) };
}
