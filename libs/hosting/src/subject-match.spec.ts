import { subjectMatcher } from './subject-match';

describe('subject matcher', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.b', 'a.b.c', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.b.c', false],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['a.>', 'b.c', false],
    ['a.*.>', 'a.b', false],
    ['a.*.>', 'a.b.c.d', true],
  ])('%s against %s: %s', (pattern, subject, matches) => {
    expect(subjectMatcher(pattern)(subject)).toBe(matches);
  });
});
