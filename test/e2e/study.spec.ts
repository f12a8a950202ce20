import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CommandLine,
  faultline,
  type Finished,
  PATIENCE_MILLIS,
  REPOSITORY,
  Scratch,
} from '../kit/command-line';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const STUDY = `name: small
title: Throughput against servers
question: How far do more servers help?
scenario:
  name: small
  workers: { processes: 1 }
  iommus: [{ name: pri, model: pri }]
  processes: [{ name: app }]
  devices:
    - name: device
      iommu: pri
      credits: 64
      workloads:
        - { process: app, pattern: sequential, accesses: 300, pages: 300, mix: { read: 0, write: 100 }, outstanding: 64 }
vary:
  - { name: servers, set: workers.servers, values: [1, 2, 4, 8] }
repetitions: 2
plots:
  - { id: throughput, title: Throughput, x: servers, y: throughput, fit: usl }
holds:
  - { says: more servers serve more, figure: throughput, over: servers, shape: rises }
`;

const file = scratch.file('small.yaml', STUDY);
const studies = join(scratch.path, 'studies');
const study = (...words: string[]): Promise<Finished> =>
  faultline(['study', file, ...words, '--studies', studies]);
const folders = (): string[] => readdirSync(studies).sort();

interface ReportData {
  format: string;
  verdicts: { verdict: string; mode: string }[];
}

describe('a study', () => {
  it(
    'runs, says what must hold, and keeps a report that opens by itself, its numbers and its runs',
    async () => {
      const { exit, out, err } = await study();
      expect({ exit, complaints: err.match(/^faultline: .*$/gm) }).toEqual({ exit: 0, complaints: null });
      expect(out).toMatch(/holds {4}more servers serve more/);
      const folder = join(studies, folders()[0] ?? '');
      expect(out).toContain(join(folder, 'report.html'));
      expect(readdirSync(join(folder, 'runs'))).toHaveLength(8);
      const page = readFileSync(join(folder, 'report.html'), 'utf8');
      expect(page).toContain('Throughput against servers');
      expect(page).not.toMatch(/(src|href)="https?:/);
      const data = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as ReportData;
      expect(data.verdicts).toMatchObject([{ verdict: 'holds', mode: 'simulated' }]);
      expect(readFileSync(join(folder, 'report.csv'), 'utf8').trim().split('\n')).toHaveLength(9);
    },
    PATIENCE_MILLIS,
  );

  it(
    'gives the same figures for the same seeds, in whatever order and beside whatever runs are made',
    async () => {
      const hashes = (folder: string): string[] =>
        readdirSync(join(studies, folder, 'runs'))
          .sort()
          .map((name) => readFileSync(join(studies, folder, 'runs', name), 'utf8'))
          .map((text) => (JSON.parse(text) as { logHash: string }).logHash);
      const [first = ''] = folders();
      await study('--jobs', '1');
      const second = folders().at(-1) ?? '';
      expect(second).not.toBe(first);
      expect(hashes(second)).toEqual(hashes(first));
      expect(new Set(hashes(first)).size).toBe(8);
    },
    PATIENCE_MILLIS,
  );

  it(
    'goes on where it was interrupted, and makes no run twice',
    async () => {
      const others = folders();
      const more = ['--set', 'repetitions=3'];
      const first = new CommandLine(['study', file, ...more, '--studies', studies, '--jobs', '1']);
      await first.says(/study small: 12 runs, kept in/);
      const [own = ''] = folders().filter((name) => !others.includes(name));
      const runs = join(studies, own, 'runs');
      const made = (): string[] =>
        existsSync(runs) ? readdirSync(runs).filter((name) => name.endsWith('.json')) : [];
      await first.says(/[1-9]\d? of 12 runs/);
      first.signal('SIGINT');
      const stopped = await first.finished();
      expect(stopped.exit).toBe(130);
      expect(stopped.err).toMatch(
        /faultline: stopped after \d+ of 12 runs: the same command with --resume goes on/,
      );
      await first.leftNothing();
      const kept = new Map(made().map((name) => [name, readFileSync(join(runs, name), 'utf8')]));
      expect(kept.size).toBeGreaterThan(0);
      expect(kept.size).toBeLessThan(12);
      const resumed = await study(...more, '--resume');
      expect(resumed.exit).toBe(0);
      expect(made()).toHaveLength(12);
      for (const [name, text] of kept) expect(readFileSync(join(runs, name), 'utf8')).toBe(text);
      // A study that is complete is only reported again, and took no longer for that.
      const reported = (): unknown =>
        (JSON.parse(readFileSync(join(studies, own, 'report.json'), 'utf8')) as { study: unknown }).study;
      const before = reported();
      expect(before).toMatchObject({ endedAtMicros: expect.any(Number), made: 12 });
      expect((await study(...more, '--resume')).exit).toBe(0);
      expect(reported()).toEqual(before);
    },
    2 * PATIENCE_MILLIS,
  );

  it(
    'fails when something that must hold does not',
    async () => {
      const held = STUDY.replace('shape: rises', 'shape: falls');
      const { exit, out } = await faultline([
        'study',
        scratch.file('falls.yaml', held),
        '--studies',
        studies,
        '--set',
        'repetitions=1',
      ]);
      expect(exit).toBe(1);
      expect(out).toMatch(/fails {4}more servers serve more\n +faults settled a second over servers from/);
    },
    PATIENCE_MILLIS,
  );

  it(
    'can be made live and simulated, side by side',
    async () => {
      const both = [
        '--set',
        'mode=both',
        '--set',
        'repetitions=1',
        '--set',
        'vary=[{name: servers, set: workers.servers, values: [4]}]',
        '--set',
        'holds=[]',
        '--set',
        'settings={timeScale: 100}',
      ];
      const { exit, out, err } = await study(...both, '--json');
      expect({ exit, complaints: err.match(/^faultline: .*$/gm) }).toEqual({ exit: 0, complaints: null });
      const folder =
        folders()
          .filter((name) => name.startsWith('small-'))
          .at(-1) ?? '';
      expect(readdirSync(join(studies, folder, 'runs')).sort()).toEqual([
        'point-0000-1-live.json',
        'point-0000-1-simulated.json',
      ]);
      const { differences } = JSON.parse(out) as { differences: { rows: unknown[][] } };
      // Throughput, the whole, and each of the six stages.
      expect(differences.rows).toHaveLength(8);
    },
    2 * PATIENCE_MILLIS,
  );

  it.each([
    [['study', 'no-such-study'], /no study 'no-such-study': expected a file, or one of batching, /],
    [
      ['study', './none.yaml'],
      /no study file \.\/none\.yaml: expected a YAML file such as examples\/studies\/overflow\.yaml/,
    ],
    [
      ['study', file, '--set', 'mode=live', '--set', 'settings.workers.processes=65'],
      /workers.processes is 65, expected at most 64/,
    ],
    [['study', file, '--set', 'plots.0.y=speed'], /found figure 'speed'/],
    [['study', file, '--set', 'settings.queues=some'], /found 'queues' "some"/],
    [['study', file, '--resume', '--set', 'seed=99'], /nothing to resume of study 'small' under/],
  ])('is refused before anything is started: %j', async (words, message) => {
    const { exit, err } = await faultline([...words, '--studies', studies]);
    expect(exit).toBe(2);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('that comes with the program is listed', async () => {
    const { exit, out } = await faultline(['study']);
    expect(exit).toBe(0);
    for (const name of readdirSync(join(REPOSITORY, 'examples/studies')))
      expect(out).toContain(name.replace('.yaml', ''));
  });
});
