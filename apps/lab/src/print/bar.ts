/** A bar of characters that shows where a part lies in a whole: `from` and `to` as fractions of it. */
export function bar(from: number, to: number, width: number): string {
  const begin = Math.min(width - 1, Math.max(0, Math.floor(clamp(from) * width)));
  // Even what took no time leaves a mark.
  const end = Math.max(begin + 1, Math.round(clamp(to) * width));
  return ' '.repeat(begin) + '#'.repeat(Math.min(width, end) - begin);
}

function clamp(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}
