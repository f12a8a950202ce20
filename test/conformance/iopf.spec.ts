import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  countOutcomes,
  formatOutcome,
  type IopfVector,
  parseIopfFile,
  runIopfVector,
  type VectorOutcome,
} from '@faultline/conformance';

const folder = join(__dirname, 'iopf');

function vectorsOf(set: string): IopfVector[] {
  const text = gunzipSync(readFileSync(join(folder, `${set}.json.gz`))).toString('utf8');
  return parseIopfFile(JSON.parse(text)).vectors;
}

const vectors = ['scenarios', 'random-public'].flatMap(vectorsOf);
const outcomes = new Map<IopfVector, VectorOutcome>();
let millis = 0;

/** Runs a vector in the test that asks first, so that a mutation is tried with the vectors that reach it. */
function outcomeOf(vector: IopfVector): VectorOutcome {
  const known = outcomes.get(vector);
  if (known !== undefined) return known;
  const from = performance.now();
  const outcome = runIopfVector(vector);
  millis += performance.now() - from;
  outcomes.set(vector, outcome);
  return outcome;
}

// Of one run alone: mutation testing runs these tests again and again in one process.
beforeAll(() => {
  outcomes.clear();
  millis = 0;
});

describe('the I/O page fault layer does what recorded kernels did', () => {
  test.each(vectors.map((vector) => ({ vector, ...vector })))('$id: $title', ({ vector }) => {
    const outcome = outcomeOf(vector);
    // A differing vector prints both sides of its first differing step.
    if (outcome.status !== 'passed') throw new Error(formatOutcome(outcome));
    expect(outcome.steps).toBe(vector.steps.length);
  });

  test('every vector is run: 305 of the 2021 generation, 299 of the present one', () => {
    const all = vectors.map(outcomeOf);
    expect(all).toHaveLength(604);
    expect(all.filter(({ family }) => family === 'G1')).toHaveLength(305);
    expect(all.filter(({ family }) => family === 'G2')).toHaveLength(299);
    expect(countOutcomes(all)).toEqual({ passed: 604, failed: 0, hazards: 5 });
    expect(all.reduce((sum, { steps }) => sum + steps, 0)).toBe(17_801);
  });

  test('the five recordings of work that is queued while its group or its address space is freed are among them', () => {
    expect(vectors.filter(({ hazard }) => hazard).map(({ id }) => id)).toEqual([
      'g2-remove-queued-hazard',
      'g2-queue-free-queued-hazard',
      'g2-unbind-queued-hazard',
      'g2-r00140',
      'g2-r00368',
    ]);
  });

  test('all of them run in less than 10 s', () => {
    vectors.forEach(outcomeOf);
    expect(millis).toBeLessThan(10_000);
  });
});
