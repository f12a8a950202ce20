import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { MESSAGING } from './span';

it('names attributes as the conventions for messaging do', () => {
  const known = Object.entries(conventions)
    .filter(([name]) => name.startsWith('ATTR_MESSAGING_'))
    .map(([, value]) => value);
  expect(Object.values(MESSAGING).filter((name) => !known.includes(name))).toEqual([]);
});
