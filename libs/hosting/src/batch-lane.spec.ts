import { BatchLane } from '.';
import { ManualClock } from './memory';

function setUp(options: { maxBatch?: number; window?: number; retryMicros?: number } = {}) {
  const clock = new ManualClock();
  const sent: number[][] = [];
  const open: { resolve(): void; reject(error: Error): void }[] = [];
  const lane = new BatchLane<number>({
    clock,
    maxBatch: options.maxBatch ?? 4,
    window: options.window,
    send: (batch) => {
      sent.push([...batch]);
      return new Promise((resolve, reject) => open.push({ resolve, reject }));
    },
    onError: () => options.retryMicros,
  });
  const turn = async (): Promise<void> => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.resolve();
      clock.advance(0);
    }
  };
  return { clock, sent, open, lane, turn };
}

describe('BatchLane', () => {
  it('what one turn pushes travels together; what comes meanwhile is the next batch, at most maxBatch', async () => {
    const { sent, open, lane, turn } = setUp();
    lane.push(1);
    lane.push(2);
    await turn();
    for (const item of [3, 4, 5, 6, 7]) lane.push(item);
    await turn();
    expect(sent).toEqual([[1, 2]]);
    open[0]?.resolve();
    await turn();
    expect(sent).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ]);
    open[1]?.resolve();
    await turn();
    expect(sent[2]).toEqual([7]);
  });

  it('a failed batch is sent again unchanged, before anything newer', async () => {
    const { clock, sent, open, lane, turn } = setUp({ retryMicros: 50 });
    lane.push(1);
    await turn();
    lane.push(2);
    open[0]?.reject(new Error('nobody there'));
    await turn();
    expect(sent).toEqual([[1]]);
    clock.advance(50);
    await turn();
    expect(sent).toEqual([[1], [1]]);
    open[1]?.resolve();
    await turn();
    expect(sent).toEqual([[1], [1], [2]]);
  });

  it('a window lets several batches be in flight', async () => {
    const { sent, lane, turn } = setUp({ window: 2, maxBatch: 1 });
    lane.push(1);
    lane.push(2);
    lane.push(3);
    await turn();
    expect(sent).toEqual([[1], [2]]);
  });

  it('a batch that is given up lets the next one go', async () => {
    const { sent, open, lane, turn } = setUp({ retryMicros: undefined });
    lane.push(1);
    await turn();
    lane.push(2);
    open[0]?.reject(new Error('gone for good'));
    await turn();
    expect(sent).toEqual([[1], [2]]);
  });

  it('a closed lane sends nothing more', async () => {
    const { sent, lane, turn } = setUp();
    lane.push(1);
    lane.close();
    lane.push(2);
    await turn();
    expect(sent).toEqual([]);
  });
});
