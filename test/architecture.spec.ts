import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');
const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>('../.dependency-cruiser.js');
/** Rooms that have a rule whose name begins like this. */
const roomsWith = (rule: string): string[] =>
  forbidden.flatMap(({ name }) => (name.startsWith(rule) ? [name.slice(rule.length)] : []));
const rooms = roomsWith('rooms-of-');

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
}

/** Judges a made-up checkout by the rules of this one: the fixtures never touch the real rooms. */
function violationsOf(files: Record<string, string>): string[] {
  const checkout = mkdtempSync(join(tmpdir(), 'faultline-rooms-'));
  const skeleton = Object.fromEntries(rooms.map((room) => [`libs/${room}/src/index.ts`, 'export {};']));
  const packages = ['zod', 'yaml', 'nats', 'typeorm', 'sqlite3', '@nestjs/core', 'fast-check'];
  for (const name of packages) skeleton[`node_modules/${name}/index.js`] = '';
  for (const end of ['apps', 'test', 'bench']) skeleton[`${end}/empty/src/main.ts`] = 'export {};';
  try {
    for (const [file, text] of Object.entries({ ...skeleton, ...files })) {
      mkdirSync(dirname(join(checkout, file)), { recursive: true });
      writeFileSync(join(checkout, file), text);
    }
    cpSync(join(root, 'tsconfig.json'), join(checkout, 'tsconfig.json'));
    const cruiser = join(root, 'node_modules/.bin/depcruise');
    const arguments_ = ['--config', join(root, '.dependency-cruiser.js'), '--output-type', 'json'];
    const { stdout } = spawnSync(cruiser, [...arguments_, 'apps', 'libs', 'test', 'bench'], {
      cwd: checkout,
      encoding: 'utf8',
    });
    const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
    return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  } finally {
    rmSync(checkout, { recursive: true });
  }
}

const imports = (...names: string[]): string => names.map((name) => `import '${name}';`).join('\n');

describe('the import direction', () => {
  const refused: [string, string, string][] = [
    ['rooms-of-domain', 'libs/domain/src/a.ts', '@faultline/contracts'],
    ['rooms-of-stats', 'libs/stats/src/a.ts', '@faultline/domain'],
    ['rooms-of-contracts', 'libs/contracts/src/a.ts', '@faultline/hosting'],
    ['rooms-of-conformance', 'libs/conformance/src/a.ts', '@faultline/contracts'],
    ['rooms-of-audit', 'libs/audit/src/a.ts', '@faultline/stats'],
    ['rooms-of-report', 'libs/report/src/a.ts', '@faultline/record'],
    ['rooms-of-study', 'libs/study/src/a.ts', '@faultline/record'],
    ['rooms-of-hosting', 'libs/hosting/src/a.ts', '@faultline/messaging'],
    ['rooms-of-units', 'libs/units/src/a.ts', '@faultline/runtime'],
    ['rooms-of-simulation', 'libs/simulation/src/a.ts', '@faultline/messaging'],
    ['rooms-of-record', 'libs/record/src/a.ts', '@faultline/messaging'],
    ['rooms-of-runtime', 'libs/runtime/src/a.ts', '@faultline/record'],
    ['rooms-of-messaging', 'libs/messaging/src/a.ts', '@faultline/runtime'],
    ['rooms-of-hosting', 'libs/hosting/src/b.ts', '../../../apps/empty/src/main'],
    ['packages-of-domain', 'libs/domain/src/b.ts', 'zod'],
    ['packages-of-stats', 'libs/stats/src/b.ts', 'nats'],
    ['packages-of-contracts', 'libs/contracts/src/b.ts', 'nats'],
    ['packages-of-conformance', 'libs/conformance/src/b.ts', 'zod'],
    ['packages-of-audit', 'libs/audit/src/b.ts', 'typeorm'],
    ['packages-of-report', 'libs/report/src/b.ts', 'typeorm'],
    ['packages-of-study', 'libs/study/src/b.ts', 'typeorm'],
    ['packages-of-hosting', 'libs/hosting/src/c.ts', '@nestjs/core'],
    ['packages-of-units', 'libs/units/src/b.ts', '@nestjs/core'],
    ['packages-of-simulation', 'libs/simulation/src/b.ts', 'sqlite3'],
    ['packages-of-domain', 'libs/domain/src/c.ts', 'fast-check'],
    ['packages-of-domain-specs', 'libs/domain/src/d.spec.ts', 'nats'],
    ['packages-of-stats-specs', 'libs/stats/src/d.spec.ts', 'nats'],
    ['packages-of-contracts-specs', 'libs/contracts/src/d.spec.ts', 'nats'],
    ['packages-of-conformance-specs', 'libs/conformance/src/d.spec.ts', 'nats'],
    ['packages-of-audit-specs', 'libs/audit/src/d.spec.ts', 'nats'],
    ['packages-of-report-specs', 'libs/report/src/d.spec.ts', 'nats'],
    ['packages-of-study-specs', 'libs/study/src/d.spec.ts', 'nats'],
    ['packages-of-hosting-specs', 'libs/hosting/src/d.spec.ts', 'nats'],
    ['packages-of-units-specs', 'libs/units/src/d.spec.ts', 'nats'],
    ['packages-of-simulation-specs', 'libs/simulation/src/d.spec.ts', 'nats'],
    ['platform-of-contracts', 'libs/contracts/src/c.ts', 'node:fs'],
    ['platform-of-units', 'libs/units/src/c.ts', 'node:v8'],
    ['platform-of-simulation', 'libs/simulation/src/c.ts', 'node:timers'],
    ['platform-of-domain', 'libs/domain/src/e.ts', 'node:fs'],
    ['platform-of-conformance', 'libs/conformance/src/c.ts', 'node:zlib'],
    ['platform-of-audit', 'libs/audit/src/c.ts', 'node:crypto'],
    ['platform-of-report', 'libs/report/src/c.ts', 'node:fs'],
    ['platform-of-study', 'libs/study/src/c.ts', 'node:fs'],
    ['platform-of-stats', 'libs/stats/src/c.ts', 'perf_hooks'],
    ['platform-of-hosting', 'libs/hosting/src/d.ts', 'node:timers/promises'],
    ['apps-are-apart', 'apps/lab/src/a.ts', '../../iommu/src/b'],
    ['front-doors', 'apps/lab/src/c.ts', '../../../libs/domain/src/inner'],
    ['specs-stay-out', 'libs/record/src/b.ts', './kit.testkit'],
    ['test-and-bench-are-ends', 'apps/lab/src/d.ts', '../../../bench/empty/src/main'],
    ['test-and-bench-apart', 'bench/src/a.ts', '../../test/empty/src/main'],
    ['no-cycles', 'libs/messaging/src/loop.ts', './pool'],
    ['resolvable', 'libs/record/src/c.ts', './nowhere'],
  ];
  let found: string[] = [];

  beforeAll(() => {
    const files = Object.fromEntries(refused.map(([, file, name]) => [file, imports(name)]));
    found = violationsOf({
      ...files,
      'apps/iommu/src/b.ts': 'export {};',
      'libs/domain/src/inner.ts': 'export {};',
      'libs/record/src/kit.testkit.ts': 'export {};',
      'libs/messaging/src/pool.ts': imports('./loop'),
      'libs/hosting/src/types.ts':
        "import type { Message } from '@faultline/runtime';\nexport type { Message };",
    });
  }, 60_000);

  test.each(refused)('%s refuses %s importing %s', (rule, file) => {
    expect(found.filter((violation) => violation.startsWith(`${rule}: ${file} ->`))).toHaveLength(1);
  });

  test('the cases above are all the rules', () => {
    expect(new Set(refused.map(([rule]) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)));
  });

  test('every library is one of the rooms', () => {
    expect(new Set(rooms)).toEqual(new Set(readdirSync(join(root, 'libs'))));
  });

  test('an import of types only is an import', () => {
    expect(found).toContain('rooms-of-hosting: libs/hosting/src/types.ts -> libs/runtime/src/index.ts');
  });

  test('accepts what the rooms are for', () => {
    const accepted = violationsOf({
      'libs/contracts/src/a.ts': imports('@faultline/domain', 'zod', 'yaml'),
      'libs/conformance/src/a.ts': imports('@faultline/domain'),
      'libs/audit/src/a.ts': imports('@faultline/domain', '@faultline/contracts'),
      'libs/report/src/a.ts': imports('@faultline/audit', '@faultline/stats', '@faultline/contracts'),
      'libs/hosting/src/a.ts': imports('@faultline/domain', '@faultline/contracts'),
      'libs/runtime/src/a.ts': imports('@faultline/messaging', '@nestjs/core'),
      'libs/units/src/a.ts': imports('@faultline/hosting', '@faultline/domain'),
      'libs/simulation/src/a.ts': imports('@faultline/units', '@faultline/stats', '@faultline/audit'),
      'libs/record/src/a.ts': imports('@faultline/audit', 'typeorm', 'node:fs'),
      'libs/messaging/src/a.ts': imports('@faultline/hosting', 'nats', '@nestjs/core'),
      'libs/domain/src/a.spec.ts': imports('fast-check', './a.testkit'),
      'libs/domain/src/a.testkit.ts': imports('fast-check'),
      'apps/lab/src/a.ts': imports('@faultline/record', '@faultline/messaging', './b'),
      'apps/lab/src/b.ts': imports('@faultline/simulation', '@faultline/runtime'),
      'test/a.spec.ts': imports('../apps/lab/src/a', '../libs/domain/src/a.testkit', 'node:fs'),
      'bench/src/main.ts': imports('@faultline/simulation', '@faultline/stats'),
    });
    expect(accepted).toEqual([]);
  }, 60_000);
});

interface LintMessage {
  ruleId: string | null;
  message: string;
}

/** ESLint loads its configuration with import(), which jest's sandbox lacks, hence the process of its own. */
function lint(texts: Record<string, string>): Record<string, LintMessage[]> {
  const program = `
    const { ESLint } = require('eslint');
    const eslint = new ESLint();
    const lintOne = async ([filePath, text]) => [filePath, (await eslint.lintText(text, { filePath }))[0].messages];
    Promise.all(Object.entries(JSON.parse(process.argv[1])).map(lintOne))
      .then((results) => console.log(JSON.stringify(Object.fromEntries(results))));`;
  const output = execFileSync(process.execPath, ['-e', program, JSON.stringify(texts)], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(output) as Record<string, LintMessage[]>;
}

describe('the lint rules', () => {
  const ambient = ['process', 'Date', 'setTimeout', 'Buffer', 'performance', 'console'];
  const pure = roomsWith('platform-of-').map((room) => `libs/${room}/src/index.ts`);
  const impureText = `export const seen = [${ambient.join(', ')}, Math.random()];\n`;
  const carelessText = [
    'export class Message { at?: any }',
    "import { Injectable } from '@nestjs/common';",
    'export const known = (message: ReturnType<typeof Injectable>): unknown => message;',
    'async function send(): Promise<void> {}',
    'send();',
    `export function long(): void {\n${'  void 0;\n'.repeat(71)}}`,
  ].join('\n');
  let messages: Record<string, LintMessage[]> = {};
  const rulesFor = (file: string): (string | null)[] => (messages[file] ?? []).map(({ ruleId }) => ruleId);

  beforeAll(() => {
    messages = lint({
      ...Object.fromEntries(pure.map((file) => [file, impureText])),
      'libs/messaging/src/index.ts': impureText,
      'libs/runtime/src/index.ts': carelessText,
      'test/architecture.spec.ts': `${impureText}\n${carelessText}`,
    });
  }, 60_000);

  test.each(pure)('%s gets time, chance and output only as arguments', (file) => {
    const named = (messages[file] ?? []).filter(({ ruleId }) => ruleId === 'no-restricted-globals');
    expect(named.map(({ message }) => /'(\w+)'/.exec(message)?.[1])).toEqual(ambient);
    expect(rulesFor(file)).toContain('no-restricted-properties');
  });

  test('other rooms may use the platform', () => {
    expect(rulesFor('libs/messaging/src/index.ts')).toEqual([]);
  });

  test.each([
    '@typescript-eslint/no-explicit-any',
    '@typescript-eslint/no-floating-promises',
    '@typescript-eslint/consistent-type-imports',
    'max-lines-per-function',
  ])('%s is an error', (rule) => {
    expect(rulesFor('libs/runtime/src/index.ts')).toContain(rule);
  });

  test('a spec may be long and use the platform, but drops no promise', () => {
    const rules = rulesFor('test/architecture.spec.ts');
    expect(rules).toContain('@typescript-eslint/no-floating-promises');
    expect(rules).not.toContain('max-lines-per-function');
    expect(rules).not.toContain('no-restricted-globals');
  });
});
