import { firstDifference } from './compare';

describe('comparing by structure', () => {
  it.each<[string, unknown, unknown]>([
    ['primitives', 1, 1],
    ['big integers', 10n, 10n],
    ['null', null, null],
    ['lists', [1, [2, 'a']], [1, [2, 'a']]],
    ['fields in any order', { a: 1, b: { c: [] } }, { b: { c: [] }, a: 1 }],
    ['a field that holds nothing, and one that is absent', { a: 1, b: undefined }, { a: 1 }],
    ['the same the other way round', { a: 1 }, { a: 1, b: undefined }],
  ])('finds nothing in equal %s', (_what, expected, actual) => {
    expect(firstDifference(expected, actual)).toBeUndefined();
  });

  it.each<[string, unknown, unknown, string]>([
    ['another value', 1, 2, ''],
    ['another type', 1, '1', ''],
    ['a big integer for a number', 1n, 1, ''],
    ['null for an object', {}, null, ''],
    ['a list for an object', {}, [], ''],
    ['a missing field', { hw: [{ code: 0 }] }, { hw: [{}] }, 'hw[0].code'],
    ['a field too many', { state: {} }, { state: { x: 1 } }, 'state.x'],
    ['a field too many at the top', {}, { warn: 1 }, 'warn'],
    ['an entry too many', [1], [1, 2], '[1]'],
    ['a missing entry', { hw: [1, 2] }, { hw: [1] }, 'hw[1]'],
    ['a missing entry that holds nothing', [undefined, 1], [undefined], '[1]'],
    ['another order', [1, 2], [2, 1], '[0]'],
  ])('finds %s', (_what, expected, actual, path) => {
    expect(firstDifference(expected, actual)?.path).toBe(path);
  });

  it('gives both sides of the first difference, under the path of the whole', () => {
    expect(firstDifference({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 3 }], a: 1 }, 'state')).toEqual({
      path: 'state.b[1].c',
      expected: 2,
      actual: 3,
    });
    expect(firstDifference({ a: 1, b: 1 }, { a: 2, b: 2 })?.path).toBe('a');
  });
});
