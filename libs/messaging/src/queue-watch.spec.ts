import { type QueueLook, QueueWatch } from './queue-watch';

const PATIENCE_MILLIS = 20_000;
const STEP_MILLIS = 5_000;
const still: QueueLook = {
  atMillis: 0,
  created: 'a',
  deliveries: 10,
  ackFloor: 5,
  lag: 3,
  waiting: 1,
};

/** What the watch says to looks five seconds apart. */
function verdicts(changes: readonly (Partial<QueueLook> | undefined)[]): (string | undefined)[] {
  const watch = new QueueWatch(PATIENCE_MILLIS);
  return changes.map((change, step) =>
    watch.judge(change && { ...still, atMillis: step * STEP_MILLIS, ...change }),
  );
}

describe('the watch over a queue', () => {
  it('calls a queue stuck when workers wait, work is there, and nothing moves for as long as its patience', () => {
    expect(verdicts([{}, {}, {}, {}, {}, {}])).toEqual([...Array<undefined>(4), 'stuck', 'stuck']);
  });

  it('does so too while the lag grows', () => {
    expect(verdicts([{ lag: 1 }, { lag: 2 }, { lag: 3 }, { lag: 90 }, { lag: 91 }]).at(-1)).toBe('stuck');
  });

  it.each([
    ['has delivered', { deliveries: 11 }],
    ['has had something settled', { ackFloor: 6 }],
    ['is another one now', { created: 'b' }],
    ['has caught up a little', { lag: 2 }],
    ['has no lag', { lag: 0 }],
    ['has no worker that waits', { waiting: 0 }],
  ])('starts to count again when the consumer %s', (_what, change) => {
    const changes = [{}, {}, {}, change, change, change, change];
    expect(verdicts(changes)).toEqual(Array<undefined>(7));
  });

  it.each([
    ['an idle queue', { lag: 0 }],
    ['a busy queue', { waiting: 0 }],
  ])('never complains about %s', (_what, change) => {
    expect(verdicts(Array<Partial<QueueLook>>(50).fill(change))).toEqual(Array<undefined>(50));
  });

  it('calls a consumer missing when it was gone twice in a row', () => {
    expect(verdicts([{}, undefined, {}, undefined, undefined, undefined])).toEqual([
      ...Array<undefined>(4),
      'missing',
      'missing',
    ]);
  });

  it('begins anew after a reset', () => {
    const watch = new QueueWatch(PATIENCE_MILLIS);
    watch.judge(still);
    watch.judge(undefined);
    watch.reset();
    expect(watch.judge(undefined)).toBeUndefined();
    expect(watch.judge({ ...still, atMillis: 99_000 })).toBeUndefined();
  });
});
