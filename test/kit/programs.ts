/**
 * For the top of a spec file whose tests need a program: where it is missing, says in one line that they are not run and how to get it; on
 * a build machine that is a test that failed.
 */
export function tellIfMissing(what: string, isThere: boolean, howToGetIt: string): void {
  if (isThere) return;
  process.stderr.write(`not run: ${howToGetIt}\n`);
  if (process.env['CI'] === 'true') it(`has ${what}`, () => expect(howToGetIt).toBe(''));
}
