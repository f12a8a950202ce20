import { agreementOf } from './agreement';
import type { Verdict } from './judge';

const of = (...verdicts: Verdict['verdict'][]): Verdict[] =>
  verdicts.map((verdict) => ({ says: '', mode: 'simulated', found: '', published: true, verdict }));
const own = of('fails').map((verdict) => ({ ...verdict, published: false }));

describe('the agreement with what is published', () => {
  it.each<[string, Verdict[], string]>([
    [
      'agrees',
      of('holds', 'holds'),
      'What was found agrees with the published shape: all 2 statements hold.',
    ],
    [
      'agrees',
      [...of('holds'), ...own],
      'What was found agrees with the published shape: its one statement holds.',
    ],
    [
      'agrees in part',
      of('holds', 'holds', 'fails', 'unknown'),
      'What was found agrees in part with the published shape: of 4 statements 2 hold, 1 does not, 1 has no run with the figures.',
    ],
    [
      'does not agree',
      of('fails', 'fails'),
      'What was found does not agree with the published shape: none of its 2 statements holds.',
    ],
    [
      'could not be judged',
      of('holds', 'unknown', 'unknown'),
      'Whether what was found agrees with the published shape could not be judged: of 3 statements 1 holds, 2 have no run with the figures.',
    ],
    [
      'could not be judged',
      of('fails', 'unknown'),
      'Whether what was found agrees with the published shape could not be judged: of 2 statements 1 does not hold, 1 has no run with the figures.',
    ],
    [
      'could not be judged',
      of('unknown'),
      'Whether what was found agrees with the published shape could not be judged: its one statement has no run with its figures.',
    ],
    [
      'could not be judged',
      own,
      'Whether what was found agrees with the published shape could not be judged: the study states nothing that is part of it.',
    ],
  ])('%s: of %j', (words, verdicts, sentence) => {
    expect(agreementOf({ mark: 'published' }, verdicts)).toEqual({ words, sentence });
  });

  it('is judged in each mode, and names a shape that is only argued so', () => {
    const both = (['simulated', 'live'] as const).flatMap((mode) =>
      of('holds', 'holds').map((verdict) => ({ ...verdict, mode })),
    );
    expect(agreementOf({ mark: 'argued' }, both).sentence).toBe(
      'What was found agrees with the argued shape: all 2 statements hold, each judged live and simulated.',
    );
  });
});
