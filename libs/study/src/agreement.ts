import type { Verdict } from './judge';
import type { Study } from './schema';

/** Whether a study finds the shape that it is held against. */
export interface Agreement {
  /** `could not be judged`: a statement that no run has figures for might make it another. */
  words: 'agrees' | 'agrees in part' | 'does not agree' | 'could not be judged';
  /** That in one sentence, with how many statements hold. */
  sentence: string;
}

type Published = NonNullable<Study['published']>;

/** Of all that is part of the shape: agrees when all of it holds, in part when some does, not when nothing does. */
export function agreementOf({ mark }: Pick<Published, 'mark'>, verdicts: readonly Verdict[]): Agreement {
  const own = verdicts.filter(({ published }) => published);
  const count = (which: Verdict['verdict']): number => own.filter(({ verdict }) => verdict === which).length;
  const [holding, failing, unknown] = [count('holds'), count('fails'), count('unknown')];
  const words = wordsOf(holding, failing, unknown);
  const shape = `the ${mark} shape`;
  const what =
    words === 'could not be judged'
      ? `Whether what was found agrees with ${shape} could not be judged`
      : `What was found ${words} with ${shape}`;
  const modes = new Set(own.map(({ mode }) => mode)).size;
  return { words, sentence: `${what}: ${counted(holding, failing, unknown, modes)}.` };
}

function wordsOf(holding: number, failing: number, unknown: number): Agreement['words'] {
  if (holding > 0 && failing > 0) return 'agrees in part';
  if (unknown > 0 || holding + failing === 0) return 'could not be judged';
  return holding > 0 ? 'agrees' : 'does not agree';
}

/** How many statements hold, each counted once for each mode. */
function counted(holding: number, failing: number, unknown: number, modes: number): string {
  const all = holding + failing + unknown;
  if (all === 0) return 'the study states nothing that is part of it';
  const each = modes > 1 ? ', each judged live and simulated' : '';
  if (all === 1)
    return `its one statement ${holding > 0 ? 'holds' : failing > 0 ? 'does not hold' : 'has no run with its figures'}`;
  if (holding === all) return `all ${all / modes} statements hold${each}`;
  if (failing === all) return `none of its ${all / modes} statements holds${each}`;
  const parts = [
    holding > 0 ? `${holding} ${holding === 1 ? 'holds' : 'hold'}` : '',
    failing > 0 ? `${failing} ${failing === 1 ? 'does' : 'do'} not${holding > 0 ? '' : ' hold'}` : '',
    unknown > 0 ? `${unknown} ${unknown === 1 ? 'has' : 'have'} no run with the figures` : '',
  ].filter((part) => part !== '');
  return `of ${all} ${modes > 1 ? 'verdicts' : 'statements'} ${parts.join(', ')}`;
}
