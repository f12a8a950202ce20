import { NewestBatch } from './newest-batch';
import type { PageRequestRecord } from './request-commands';

const batch = (epoch: number, ...requests: number[]): PageRequestRecord[] => [
  { kind: 'Sender', unit: 'segment.0', epoch },
  ...requests.map((request) => ({ kind: 'DeviceResetMessage', segment: 0, request, device: 0 }) as const),
];

let newest: NewestBatch;
let answers: number;

beforeEach(() => {
  newest = new NewestBatch();
  answers = 0;
});

/** The place of the answer that the batch got: the same one twice for a repetition. */
const answerTo = async (records: PageRequestRecord[]): Promise<number | undefined> =>
  (await newest.reply(records, () => Promise.resolve(Uint8Array.of((answers += 1)))))[0];

describe('the reply to the newest batch', () => {
  it('is given again to the same batch', async () => {
    expect(await answerTo(batch(2, 7, 8))).toBe(1);
    expect(await answerTo(batch(2, 7, 8))).toBe(1);
    expect(await answerTo(batch(2, 9))).toBe(2);
  });

  it.each([
    ['a batch of an owner that was deposed', batch(1, 50)],
    ['a late copy of the batch before', batch(2, 5, 6)],
    ['a greeting', batch(2)],
  ])('is kept when %s comes between', async (_what, other) => {
    await answerTo(batch(2, 5, 6));
    expect(await answerTo(batch(2, 7, 8))).toBe(2);
    expect(await answerTo(other)).toBe(3);
    expect(await answerTo(batch(2, 7, 8))).toBe(2);
  });

  it('makes room for the first batch of the next owner, whose numbers begin anew', async () => {
    await answerTo(batch(1, 50));
    expect(await answerTo(batch(2, 1))).toBe(2);
    expect(await answerTo(batch(2, 1))).toBe(2);
  });

  it('makes room for a part of the batch, which is sent alone when the whole was refused', async () => {
    await answerTo(batch(1, 3, 4));
    expect(await answerTo(batch(1, 3))).toBe(2);
    expect(await answerTo(batch(1, 3))).toBe(2);
  });

  it('is not kept of a batch that is refused before anything was taken', async () => {
    const refuse = (): never => {
      throw new Error('a stranger');
    };
    expect(() => newest.reply(batch(1, 3), refuse)).toThrow('a stranger');
    expect(await answerTo(batch(1, 3))).toBe(1);
  });
});
