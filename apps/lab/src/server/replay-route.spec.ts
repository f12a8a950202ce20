import type { KeptLetter } from '@faultline/messaging';
import { replayRoute } from './replay-route';

const letter = (change: Partial<KeptLetter>): KeptLetter => ({
  ...{ letter: 1, atMillis: 0, unit: 'u', reason: 'r', subject: '', length: 3, body: new Uint8Array(3) },
  ...change,
});

describe('what replaying a letter means', () => {
  it.each(['lab.cmd.mm.0.handle', 'lab.cmd.iommu.0.page-request'])('%s is sent again', (subject) => {
    expect(replayRoute('lab', letter({ subject }))).toEqual({ kind: 'lane' });
  });

  it('work is handled again, from the log', () => {
    const subject = 'lab.log.iommu.0.queue.iommu-0';
    expect(replayRoute('lab', letter({ subject, sequence: 7 }))).toEqual({ kind: 'work', sequence: 7 });
  });

  it.each([
    ['a request that was cut', { subject: 'lab.cmd.mm.0.handle', length: 9 }, /only 3 of its 9 bytes/],
    ['work of which nobody knows where it stands', { subject: 'lab.log.iommu.0.queue.q' }, /which message/],
    ['what a unit wrote', { subject: 'lab.log.iommu.0.hw', sequence: 1 }, /readers have gone on behind it/],
    ['results', { subject: 'lab.log.iopf.0', sequence: 1 }, /readers have gone on behind it/],
    ['what is of another laboratory', { subject: 'other.cmd.mm.0.handle' }, /nobody's/],
  ])('%s is not replayed, and the reason says why', (_what, change, why) => {
    expect(replayRoute('lab', letter(change))).toEqual({
      kind: 'none',
      why: expect.stringMatching(why) as string,
    });
  });
});
