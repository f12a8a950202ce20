/** A scenario, study or trace that cannot be run: where it is wrong, what was found, what was expected. Nothing was started. */
export class ScenarioError extends Error {
  constructor(
    readonly file: string,
    /** 1-based; 0 when the whole file is meant. */
    readonly line: number,
    readonly found: string,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${line > 0 ? `:${line}` : ''}: found ${found}, expected ${expected}`, options);
    this.name = 'ScenarioError';
  }
}
