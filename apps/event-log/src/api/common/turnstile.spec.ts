import { rejectionOf } from '../../../../../libs/hosting/src/testkit/eventually.testkit';
import { Turnstile } from './turnstile';

it('lets so many through, lets so many wait in order, and sends the others away', async () => {
  const turnstile = new Turnstile('audits', 1, 2);
  const done: string[] = [];
  let finish: () => void = () => undefined;
  const first = turnstile.pass(() => new Promise<void>((resolve) => (finish = resolve)));
  const then = ['second', 'third'].map((name) => turnstile.pass(() => Promise.resolve(done.push(name))));
  expect(await rejectionOf(turnstile.pass(() => Promise.resolve()))).toMatchObject({
    ...{ name: 'Busy', message: 'too many audits at once; ask again in a moment' },
  });
  expect(done).toEqual([]);
  finish();
  await Promise.all([first, ...then]);
  expect(done).toEqual(['second', 'third']);
  // A failure gives its place up too.
  expect(await rejectionOf(turnstile.pass(() => Promise.reject(new Error('no'))))).toMatchObject({
    message: 'no',
  });
  expect(await turnstile.pass(() => Promise.resolve('free'))).toBe('free');
});
