import { followUntil } from './follow-until';
import { MemoryLog } from './memory';
import { LogReadFailed } from './ports';

const headers = { schema: 's', version: 1, unit: 'u', epoch: 1, cycle: 1 };

async function logOf(messages: number): Promise<MemoryLog> {
  const log = new MemoryLog({});
  for (let id = 1; id <= messages; id += 1)
    await log.append({ subject: 'lab.log.u', headers, body: Uint8Array.of(id), id: `${id}` });
  return log;
}

describe('followUntil', () => {
  it('gives the first of what it was after, and does not follow any longer', async () => {
    const log = await logOf(4);
    const seen: number[] = [];
    const where = { subject: 'lab.log.u', fromSequence: 2 };
    const found = await followUntil(log, where, ({ sequence }) => {
      seen.push(sequence);
      return sequence >= 3 ? `at ${sequence}` : undefined;
    });
    await log.append({ subject: 'lab.log.u', headers, body: Uint8Array.of(9), id: 'later' });
    expect([found, seen]).toEqual(['at 3', [2, 3, 4]]);
  });

  it('fails with what the message was refused for, and with a log that cannot be read', async () => {
    const log = await logOf(1);
    const where = { subject: 'lab.log.u', fromSequence: 1 };
    const refused = followUntil(log, where, () => {
      throw new RangeError('not this one');
    });
    await expect(refused).rejects.toThrow(new RangeError('not this one'));
    log.follow = () => Promise.reject(new LogReadFailed('lab.log.u', 'the stream is gone'));
    await expect(followUntil(log, where, () => true)).rejects.toThrow(/the stream is gone/);
  });
});
