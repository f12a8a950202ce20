import fc from 'fast-check';
import type { Takeover } from './virtual-run';

const takeover: fc.Arbitrary<Takeover> = fc.record({
  afterSteps: fc.integer({ min: 1, max: 400 }),
  whom: fc.constantFrom('iommu', 'mm-handler', 'device-emulator', 'iopf-worker'),
  how: fc.constantFrom('killed', 'frozen', 'handed-over'),
  thawSteps: fc.integer({ min: 1, max: 400 }),
});

/** What may become of the replicas of a run, one after the other. */
export const takeovers = fc.array(takeover, { minLength: 1, maxLength: 6 });
