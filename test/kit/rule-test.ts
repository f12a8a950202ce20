import type { ResolvedScenario } from '@faultline/contracts';
import { complaintsAbout } from './complaints';
import type { Laboratory } from './laboratory';
import { type Sabotage, sabotaged } from './sabotage';
import { type FinishedRun, type RunOptions, runVirtually } from './virtual-run';
import { Standstill } from './virtual-world';

/** Steps of the world without the end of an access after which there is none to come: many times what one takes. */
const PATIENCE = 4_000;
/** `FAULTLINE_SEARCH=40` tries seeds 1 to 40 in the place of the pinned ones, and says what each noticed. */
const search = Number(process.env['FAULTLINE_SEARCH'] ?? 0);

/** Seeds from 1 on: for what few of them show, and others do as soon as anything takes its turn earlier or later. */
export const seedsUpTo = (last: number): number[] => Array.from({ length: last }, (_, place) => place + 1);

/** What is run, with a rule and without it. */
export interface RuleTrial extends Omit<RunOptions, 'seed'> {
  scenario: ResolvedScenario;
  /** Looks at a run for what neither the audit nor the watch looks for. */
  judge?(run: FinishedRun): string[];
}

export interface RuleCase {
  /** What is switched off, as the end of a sentence. */
  sabotage: string;
  install: Sabotage;
  /** Who notices, and what it says. */
  noticed: RegExp;
  /** Seeds of the world, tried in their order until one of them shows it. All of them pass with the rule. */
  seeds: readonly number[];
  /** Made anew for each run, since ports and counts belong to one. */
  trial(): RuleTrial;
}

/**
 * Tests that a rule is tested: with it the trial passes, without it somebody complains. Were the rule taken out of the product, the
 * first part would fail as the second one does.
 */
export function testRule(rule: string, one: RuleCase): void {
  const seeds = search > 0 ? seedsUpTo(search) : one.seeds;
  it(
    `${rule} is noticed to be missing when ${one.sabotage}`,
    async () => {
      const found: string[] = [];
      for (const seed of seeds) {
        expect([seed, await noticesOf(one.trial(), seed)]).toEqual([seed, []]);
        const notices = await sabotaged(one.install, () => noticesOf(one.trial(), seed));
        const fitting = notices.filter((notice) => one.noticed.test(notice));
        const told = fitting.length > 0 ? fitting : notices;
        found.push(...told.slice(0, 3).map((notice) => `seed ${seed}: ${notice}`));
        if (search === 0 && fitting.length > 0) break;
      }
      if (search > 0) process.stdout.write(`${rule}: ${one.sabotage}\n${found.join('\n')}\n`);
      expect(found.join('\n')).toMatch(one.noticed);
    },
    search > 0 ? 600_000 : 180_000,
  );
}

/** Everything that anybody complains of after a run, the run itself included. */
async function noticesOf(trial: RuleTrial, seed: number): Promise<string[]> {
  const { scenario, judge = () => [], meanwhile = () => undefined, ...options } = trial;
  let [steps, ended] = [0, 0];
  const patiently = (laboratory: Laboratory): void => {
    const { count } = laboratory.accesses;
    steps = count === ended ? steps + 1 : 0;
    ended = count;
    if (steps > PATIENCE) throw new Standstill(`no end: no access ends any more in ${PATIENCE} steps`);
    meanwhile(laboratory);
  };
  try {
    const run = await runVirtually(scenario, { ...options, seed, meanwhile: patiently });
    return [...complaintsAbout(run), ...judge(run)];
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('\n');
    return [`run: ${sentence}`];
  }
}
