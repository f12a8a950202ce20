import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BadInput, Exit } from '../errors';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { conformance } from './conformance';

const VECTORS = join(__dirname, '../../../../test/conformance');
const LAYER = join(VECTORS, 'iopf/scenarios.json.gz');
const HARDWARE = join(VECTORS, 'pri/vectors.json.gz');

interface RecordedFile {
  vectors: { id: string; steps: { op: string; expect: { hw?: { code: number }[] } }[] }[];
}

/** The recorded scenarios with one response of one of them changed. */
function tampered(): string {
  const file = JSON.parse(gunzipSync(readFileSync(LAYER)).toString('utf8')) as RecordedFile;
  const step = file.vectors
    .find(({ id }) => id === 'g1-group-order')
    ?.steps.find(({ expect }) => expect.hw !== undefined);
  const [response] = step?.expect.hw ?? [];
  if (!response) throw new Error('the scenario has no response');
  response.code = 1;
  return JSON.stringify(file);
}

describe('faultline conformance', () => {
  const scratch = scratchDirectory();
  let terminal: FakeTerminal;

  beforeEach(() => (terminal = new FakeTerminal()));

  it('runs files of both formats and counts by family', async () => {
    await expect(conformance([LAYER, HARDWARE], {}, terminal)).resolves.toBe(Exit.OK);
    expect(terminal.output).toMatch(/^ {2}G1 +55 passed, 0 failed/m);
    expect(terminal.output).toMatch(/^ {2}prq +140 passed, 0 failed/m);
    expect(terminal.output).toMatch(/^conformance passed: .* 434 vectors, 13,600 steps in \d/m);
  });

  it('shows the first step that differs, expected and got side by side, and fails', async () => {
    const file = scratch.file('tampered.json', tampered());
    await expect(conformance([file], {}, terminal)).resolves.toBe(Exit.FAILED);
    expect(terminal.output).toContain('g1-group-order: step 7 (run) differs in hw[0].code');
    expect(terminal.output).toMatch(/code: 1 +! +code: 0/);
    expect(terminal.output).toMatch(/^ {2}G1 +54 passed, 1 failed/m);
    expect(terminal.output).toContain('conformance FAILED: 103 passed, 1 failed');
  });

  it('gives the same as JSON', async () => {
    const file = scratch.file('tampered.json', tampered());
    await expect(conformance([file], { json: true }, terminal)).resolves.toBe(Exit.FAILED);
    expect(JSON.parse(terminal.output)).toMatchObject({
      passed: 103,
      failed: 1,
      vectors: 104,
      files: [{ file, families: { G1: { failed: 1 }, G2: { failed: 0 } } }],
    });
  });

  it('runs one vector alone, under another profile too', async () => {
    const flags = { vector: 'hand-memory-fault', profile: 'smmu' };
    await expect(conformance([HARDWARE], flags, terminal)).resolves.toBe(Exit.FAILED);
    expect(terminal.output).toContain('conformance FAILED: 0 passed, 1 failed; 1 vectors');
  });

  it.each([
    ['nothing there', () => join(scratch.path, 'no.json'), {}, /cannot read .*no\.json/],
    [
      'no JSON',
      () => scratch.file('bad.json', '{nope'),
      {},
      /bad\.json: expected a conformance file in JSON/,
    ],
    [
      'another format',
      () => scratch.file('x.json', '{"format":"x"}'),
      {},
      /x\.json: its format is "x", and must be/,
    ],
    [
      'a broken gzip',
      () => scratch.file('g.gz', Uint8Array.of(0x1f, 0x8b, 1)),
      {},
      /g\.gz: expected a conformance file/,
    ],
    ['an unknown vector', () => LAYER, { vector: 'nope' }, /no vector 'nope'/],
    ['an unknown profile', () => LAYER, { profile: 'x' }, /no IOMMU profile 'x': expected one of riscv/],
  ])('refuses %s in one line', async (_what, file, flags, message) => {
    const refused = conformance([file()], flags, terminal);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(BadInput);
  });
});
