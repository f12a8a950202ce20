import { type DefectName, defects } from '../kit/defects';
import { sabotaged } from '../kit/sabotage';
import { search, shorten } from './search';
import { caseOf } from './simulation-case';
import { taleOf } from './tale';

/** The simulator finds what somebody might do wrong, with the checks and the cases that it always has. */

const WITHIN = 100;

describe('the simulator finds', () => {
  /** What notices it, and how it says so. */
  const seeded: [DefectName, RegExp][] = [
    ['ack-before-append', /^(standstill|I\d)$/],
    ['fencing-off', /^I\d$/],
    ['result-by-group-id', /^I\d$/],
    ['invalidation-not-awaited', /^I7$/],
    ['partials-kept-on-overflow', /^I1$/],
  ];
  it.each(seeded)(
    `%s within ${WITHIN} seeds`,
    async (name, kind) => {
      const found = await sabotaged(defects[name], () => search(1, WITHIN));
      process.stdout.write(`${name}: seed ${found?.seed ?? 'none'}: ${found?.finding.sentence ?? ''}\n`);
      expect(found?.finding.kind).toMatch(kind);
    },
    600_000,
  );

  it('the same again, shortens it, and tells what happened', async () => {
    const name = 'partials-kept-on-overflow';
    const found = await sabotaged(defects[name], async () => {
      const first = await search(1, WITHIN);
      if (!first) throw new Error('nothing was found');
      const untilAt = performance.now() + 20_000;
      return shorten(first, () => performance.now() > untilAt);
    });
    const { seed, shortest, finding, shortestFinding, seen } = found;
    const whole = caseOf(seed);
    expect(shortestFinding.kind).toBe(finding.kind);
    expect(shortest.failures.length).toBeLessThanOrEqual(whole.failures.length);
    expect(JSON.stringify(shortest).length).toBeLessThan(JSON.stringify(whole).length);
    const tale = taleOf(seen, shortestFinding).join('\n');
    expect(tale).toMatch(/RingOverflowSet/);
    expect(tale).toMatch(/RingOverflowCleared/);
  }, 600_000);
});
