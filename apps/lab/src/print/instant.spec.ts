import { formatInstant } from './instant';

test('an instant keeps its microseconds', () => {
  expect(formatInstant(1_763_856_000_123_456)).toBe('2025-11-23 00:00:00.123456');
});
