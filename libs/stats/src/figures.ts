/** A figure that an analysis cannot start from. The message says which, what was found and what is expected. */
export class FigureInvalid extends RangeError {
  constructor(
    readonly figure: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`${figure}: found ${found}, expected ${expected}`);
    this.name = 'FigureInvalid';
  }
}

/** Throws {@link FigureInvalid}. */
export function requirePositive(figure: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new FigureInvalid(figure, String(value), 'a number above 0');
}

/** Throws {@link FigureInvalid}. */
export function requireNotNegative(figure: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value)))
    throw new FigureInvalid(figure, String(value), 'a number of at least 0');
}

/** Throws {@link FigureInvalid}. */
export function requireNumber(figure: string, value: number): void {
  if (!Number.isFinite(value)) throw new FigureInvalid(figure, String(value), 'a number');
}

/** Throws {@link FigureInvalid}. */
export function requireWhole(figure: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least))
    throw new FigureInvalid(figure, String(value), `a whole number of at least ${least}`);
}
