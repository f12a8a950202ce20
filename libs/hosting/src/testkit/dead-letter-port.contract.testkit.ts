import type { DeadLetter, DeadLetterPort } from '../ports';
import { bytes, text } from './batches.testkit';

/** A letter as an operator finds it. */
export interface FoundLetter {
  subject: string;
  unit: string;
  reason: string;
  body: string;
}

export interface DeadLetterHarness {
  deadLetters: DeadLetterPort;
  found(): Promise<FoundLetter[]>;
  close(): Promise<void>;
}

/** What every store of dead letters must do; `make` gives one with room for at least three small letters and at most 1000 of 10 kB. */
export function describeDeadLetterPort(name: string, make: () => Promise<DeadLetterHarness>): void {
  describe(`dead letter port: ${name}`, () => {
    let harness: DeadLetterHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.close());

    const letter = (reason: string, body = 'body'): DeadLetter => ({
      subject: 'lab.log.iommu.0.queue.fast',
      unit: 'iommu.0',
      reason,
      body: bytes(body),
    });

    it('keeps letters with where they came from and why', async () => {
      await harness.deadLetters.bury(letter('unknown schema'));
      await harness.deadLetters.bury(letter('cut short', ''));
      expect(await harness.found()).toEqual([
        { subject: 'lab.log.iommu.0.queue.fast', unit: 'iommu.0', reason: 'unknown schema', body: 'body' },
        { subject: 'lab.log.iommu.0.queue.fast', unit: 'iommu.0', reason: 'cut short', body: '' },
      ]);
    });

    it('takes a unit and a reason that are no subject and no header', async () => {
      await harness.deadLetters.bury({ ...letter('two\r\nlines'), unit: '* odd > unit..' });
      const [found] = await harness.found();
      expect(found?.reason).toMatch(/^two.*lines$/s);
      expect(found?.body).toBe('body');
    });

    it('never throws, however many there are', async () => {
      const big = 'x'.repeat(10_000);
      for (let n = 0; n < 1_001; n += 1) await harness.deadLetters.bury(letter(`number ${n}`, big));
      expect((await harness.found()).length).toBeGreaterThan(0);
    });
  });
}

export const foundOf = (letter: DeadLetter): FoundLetter => ({ ...letter, body: text(letter.body) });
