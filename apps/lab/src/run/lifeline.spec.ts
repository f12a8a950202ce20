import { Lifeline } from './lifeline';

const never = new Promise<never>(() => undefined);

describe('the lifeline of a run', () => {
  test('a wait ends with the first failure of anything beside it', async () => {
    const lifeline = new Lifeline();
    const waiting = lifeline.race(never);
    lifeline.fail(new Error('first'));
    lifeline.fail(new Error('second'));
    await expect(waiting).rejects.toThrow('first');
    expect(lifeline.failure?.message).toBe('first');
  });

  test('a failure while nobody waits ends the next wait', async () => {
    const lifeline = new Lifeline();
    lifeline.fail(new Error('died'));
    await expect(lifeline.pause(10_000)).rejects.toThrow('died');
  });

  test('without a failure the result counts, and a delay is told in its own words', async () => {
    const lifeline = new Lifeline();
    await expect(lifeline.race(Promise.resolve(7))).resolves.toBe(7);
    await expect(lifeline.within(never, 5, () => new Error('too late'))).rejects.toThrow('too late');
    await expect(lifeline.within(Promise.resolve(8), 10_000, () => new Error('too late'))).resolves.toBe(8);
  });
});
