import { aggregate, type PointFigures } from './aggregate';
import { judge, type Verdict } from './judge';
import { type Expectation, studySchema } from './schema';
import { pointRun } from './study.testkit';

/** Points along `n`, with one throughput for each repetition. */
function along(
  line: readonly (readonly [n: number, ...throughputs: number[]])[],
  queues = 'global',
): PointFigures[] {
  const points = line.map(([n], point) => ({ point, values: { n, queues }, settings: [], network: {} }));
  const runs = line.flatMap(([, ...throughputs], point) =>
    throughputs.map((throughput, index) =>
      pointRun({ point, repetition: index + 1, figures: { throughput, overflows: 0 } }),
    ),
  );
  return aggregate(points, runs);
}

const expectation = (given: object): Expectation =>
  studySchema.shape.holds.parse([{ says: 'it does', figure: 'throughput', ...given }])[0] as Expectation;
const verdictOf = (given: object, points: PointFigures[]): Verdict =>
  judge([expectation(given)], points)[0] as Verdict;

describe('what must hold', () => {
  it.each([
    [
      'rises',
      [
        [1, 10],
        [2, 20],
        [4, 40],
      ],
      true,
    ],
    [
      'rises',
      [
        [1, 10],
        [2, 10.5],
      ],
      false,
    ],
    [
      'falls',
      [
        [1, 40],
        [2, 20],
      ],
      true,
    ],
    [
      'falls',
      [
        [1, 20],
        [2, 40],
      ],
      false,
    ],
    [
      'flat',
      [
        [1, 10],
        [2, 10.5],
        [4, 9.6],
      ],
      true,
    ],
    [
      'flat',
      [
        [1, 10],
        [2, 15],
        [4, 10],
      ],
      false,
    ],
    [
      'peaks',
      [
        [1, 10],
        [4, 40],
        [16, 20],
      ],
      true,
    ],
    [
      'peaks',
      [
        [1, 10],
        [4, 40],
        [16, 39],
      ],
      false,
    ],
    [
      'peaks',
      [
        [1, 40],
        [4, 20],
        [16, 10],
      ],
      false,
    ],
    [
      'plateaus',
      [
        [1, 10],
        [4, 38],
        [8, 40],
        [16, 40],
      ],
      true,
    ],
    [
      'plateaus',
      [
        [1, 10],
        [4, 20],
        [16, 40],
      ],
      false,
    ],
    [
      'plateaus',
      [
        [1, 10],
        [4, 40],
        [8, 20],
        [16, 20],
      ],
      false,
    ],
  ] as const)('sees whether a line %s: %j', (shape, line, holds) => {
    const { verdict } = verdictOf({ shape, over: 'n' }, along(line));
    expect(verdict).toBe(holds ? 'holds' : 'fails');
  });

  it('compares a figure with a threshold, and says what it found', () => {
    const points = along([
      [1, 10, 12],
      [2, 30, 30],
    ]);
    expect(verdictOf({ at: { n: 1 }, value: '>= 11' }, points)).toMatchObject({
      verdict: 'holds',
      found: expect.stringMatching(/^faults settled a second at n 1: 11 \(95 % interval -1\.71 to 23\.7\)$/),
    });
    expect(verdictOf({ at: { n: 1 }, value: '< 11' }, points).verdict).toBe('fails');
    expect(verdictOf({ figure: 'overflows', value: '== 0' }, points).verdict).toBe('holds');
  });

  it('compares points with other points', () => {
    const points = along([
      [1, 10, 10.2],
      [2, 30, 30.4],
    ]);
    const ratio = { at: { n: 2 }, against: { n: 1 } };
    expect(verdictOf({ ...ratio, ratio: '>= 2.9' }, points)).toMatchObject({
      verdict: 'holds',
      found: expect.stringContaining('is 2.99 times that at n 1'),
    });
    expect(verdictOf({ ...ratio, ratio: '> 3.1' }, points).verdict).toBe('fails');
  });

  it('compares a figure with another one at the same points', () => {
    const ratio = { figure: 'overflows', againstFigure: 'throughput', at: { n: 1 }, ratio: '== 0' };
    expect(verdictOf(ratio, along([[1, 10]]))).toMatchObject({
      verdict: 'holds',
      found: 'overflows at n 1 is 0 times faults settled a second at n 1',
    });
  });

  it('does not take what nobody measured for a failure or a success', () => {
    const points = along([[1, 10]]);
    expect(verdictOf({ figure: 'retries', value: '== 0' }, points).verdict).toBe('unknown');
    expect(verdictOf({ at: { n: 9 }, value: '> 0' }, points).verdict).toBe('unknown');
  });

  it('is judged for each mode by itself', () => {
    const points = [{ point: 0, values: { n: 1 }, settings: [], network: {} }];
    const runs = [
      pointRun({ figures: { throughput: 10 } }),
      pointRun({ figures: { throughput: 5 }, mode: 'live' }),
    ];
    const verdicts = judge([expectation({ value: '> 7' })], aggregate(points, runs));
    expect(verdicts.map(({ mode, verdict }) => [mode, verdict])).toEqual([
      ['simulated', 'holds'],
      ['live', 'fails'],
    ]);
  });

  it('says of several points what their mean is, and gives no interval for what is more than noise', () => {
    const points = along([
      [1, 10, 12],
      [2, 30, 30],
    ]);
    expect(verdictOf({ value: '> 0' }, points).found).toBe('faults settled a second at all points: 20.5');
    expect(verdictOf({ at: { queues: 'global' }, against: { n: 1 }, ratio: '> 1' }, points).found).toBe(
      'faults settled a second at queues global is 1.86 times that at n 1',
    );
  });

  it.each([
    [
      { figure: 'retries', value: '== 0' },
      'no run at all points gives retries: missed again after a response',
    ],
    [{ at: { n: 9 }, value: '> 0' }, 'no point has n 9'],
    [{ at: { n: 1 }, against: { n: 9 }, ratio: '> 0' }, 'no point has n 9'],
    [{ at: { n: 1 }, againstFigure: 'retries', ratio: '> 0' }, /^no run at n 1 gives retries/],
    [{ figure: 'retries', over: 'n', shape: 'flat' }, /^no run at all points gives retries/],
    [
      { over: 'n', shape: 'flat' },
      'a shape takes two values of n, and only at 1 a run gives faults settled a second',
    ],
  ])('says why it is not known: %j', (given, found) => {
    expect(verdictOf(given, along([[1, 10]]))).toMatchObject({
      verdict: 'unknown',
      found: typeof found === 'string' ? found : expect.stringMatching(found),
    });
  });
});
