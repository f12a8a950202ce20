import { formatCount, formatInstant, formatMicros, formatRate, formatShare } from './readable';

describe('units', () => {
  test.each([
    [0, '0 µs'],
    [0.25, '250 ns'],
    [1, '1.00 µs'],
    [999.4, '999 µs'],
    [999.6, '1.00 ms'],
    [12_345, '12.3 ms'],
    [1_500_000, '1.50 s'],
    [200_000_000, '3 min 20 s'],
    [7_199_400_000, '119 min 59 s'],
    [7_199_600_000, '2 h 0 min'],
    [18_420_000_000, '5 h 7 min'],
    [-1_500, '-1.50 ms'],
    [Number.NaN, '-'],
  ])('%d µs reads %s', (micros, text) => {
    expect(formatMicros(micros)).toBe(text);
  });

  test('counts, rates and shares', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect([3.25, 1_234, 12_345, 2_500_000].map(formatRate)).toEqual([
      '3.25/s',
      '1,234/s',
      '12.3 k/s',
      '2.50 M/s',
    ]);
    expect(formatShare(1, 8)).toBe('12.5 %');
    expect(formatShare(0, 0)).toBe('-');
  });

  test('an instant keeps its microseconds', () => {
    expect(formatInstant(1_763_856_000_123_456)).toBe('2025-11-23 00:00:00.123456');
  });
});
