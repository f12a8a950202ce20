import { commandOf, parseOptions, usage } from './options';
import { UsageError } from '../../kit/run-options';

const names = ['fencing-off', 'flush-skipped'];

describe('the command line', () => {
  it('tries 200 seeds by default, others when it is told, or one', () => {
    expect(parseOptions([], names)).toEqual({ from: 1, seeds: 200, defect: undefined, shrinkSeconds: 60 });
    expect(parseOptions(['--seeds', '7', '--from', '30'], names)).toMatchObject({ from: 30, seeds: 7 });
    expect(parseOptions(['--seed', '9', '--defect', 'fencing-off'], names)).toMatchObject({
      ...{ from: 9, seeds: 1, defect: 'fencing-off' },
    });
  });

  it('is what the command to repeat a seed gives back', () => {
    const [, words = ''] = commandOf(5, 'flush-skipped').split(' -- ');
    expect(parseOptions(words.split(' '), names)).toMatchObject({
      from: 5,
      seeds: 1,
      defect: 'flush-skipped',
    });
  });

  it.each([
    [['--seeds', 'ten'], "--seeds is 'ten', expected a whole number from 1"],
    [['--seed', '1', '--from', '2'], /--seed is one seed/],
    [['--defect', 'none'], /expected one of fencing-off, flush-skipped/],
    [['--minutes', '1'], /--minutes/],
  ])('says what is wrong with %j', (words, message) => {
    expect(() => parseOptions(words, names)).toThrow(UsageError);
    expect(() => parseOptions(words, names)).toThrow(message);
  });

  it('names the defects in its help', () => {
    expect(parseOptions(['--help'], names)).toBe('help');
    for (const name of names) expect(usage(names)).toContain(name);
  });
});
