import { formatTable, indent } from './table';

describe('tables', () => {
  test('columns line up under their headings, on the side asked for', () => {
    const lines = formatTable(
      [{ heading: 'stage' }, { heading: 'p50', align: 'right' }],
      [
        ['mm', '1.20 ms'],
        ['queue wait', '80 µs'],
      ],
    );
    expect(lines).toEqual(['stage           p50', 'mm          1.20 ms', 'queue wait    80 µs']);
  });

  test('a table without headings has no empty first line', () => {
    expect(formatTable([{ heading: '' }, { heading: '' }], [['a', 'b']])).toEqual(['a  b']);
  });

  test('a table that is too wide loses the end of its last left column', () => {
    const lines = formatTable(
      [{ heading: 'n', align: 'right' }, { heading: 'text' }],
      [['1', 'x'.repeat(60)]],
      30,
    );
    expect(lines[1]).toHaveLength(30);
    expect(lines[1]).toMatch(/x…$/);
  });

  test('indenting leaves empty lines empty', () => {
    expect(indent(['a', '', 'b'])).toEqual(['  a', '', '  b']);
  });
});
