import { faultline } from '../command-line.testkit';
import type { SimulationReport } from '../print/simulation-report';
import { scratchDirectory } from '../testing.testkit';

const scenario = scratchDirectory().file(
  'tiny.yaml',
  `name: tiny
seed: 7
iommus:
  - { name: pri0, model: pri }
processes:
  - { name: a }
devices:
  - name: nic0
    iommu: pri0
    workloads:
      - { process: a, pattern: uniform, accesses: 200, pages: 100 }
`,
);

const simulate = (...words: string[]) => faultline(['simulate', ...words]);

async function report(...words: string[]): Promise<SimulationReport> {
  const { exit, said, output } = await simulate(scenario, '--json', ...words);
  expect({ exit, said }).toEqual({ exit: 0, said: '' });
  return JSON.parse(output) as SimulationReport;
}

it('prints what came out: faults, model time of each stage, the verdict, the hash of the log', async () => {
  const { exit, said, output } = await simulate(scenario);
  expect({ exit, said }).toEqual({ exit: 0, said: '' });
  expect(output).toMatch(
    /^simulation: scenario tiny, profile \S+, seed 7\n\d+ faults in [\d.,]+ [mµ]s of model time: /,
  );
  for (const stage of ['device -> IOMMU', 'queue wait', 'mm', 'end to end'])
    expect(output).toMatch(new RegExp(`^ +${stage} +\\d`, 'm'));
  expect(output).toMatch(/^ *hash +[0-9a-f]{64}$/m);
  expect(output).not.toContain('what happened');
});

it('gives the same log for the same seed, and another one for another seed', async () => {
  const network = ['--loss', '0.05', '--duplicate', '0.05'];
  const first = await report(...network);
  expect(first.seed).toBe(7);
  expect(first.faults).toBeGreaterThan(0);
  const again = await report('--seed', '7', ...network);
  expect({ ...again, wallMillis: 0 }).toEqual({ ...first, wallMillis: 0 });
  const other = await report('--seed', '8', ...network);
  expect({ seed: other.seed, same: other.logHash === first.logHash }).toEqual({ seed: 8, same: false });
});

it('takes its settings as `run` does, and says what happened to processes', async () => {
  const { profile, told, audit } = await report(
    ...['--set', 'profile=nvme-major', '--failures', '2', '--every-millis', '0.5', '--lease-millis', '10'],
  );
  expect({ profile, clean: audit.clean }).toEqual({ profile: 'nvme-major', clean: true });
  expect(told.join('\n')).toMatch(/kill|freeze/);
});

it('says in one line that it came to a standstill, with the seed that shows it', async () => {
  // Ten seconds from one process to another: what is asked again each time nobody answered never comes to its end.
  const { exit, said, output } = await simulate(
    scenario,
    ...['--hop-micros', '10000000', '--lease-millis', '5000', '--seed', '5'],
  );
  expect(said).toMatch(/^faultline: the simulation stands still: nothing came to an end in [^\n]*; seed 5\n/);
  expect(said.endsWith('\n')).toBe(true);
  expect({ exit, output }).toEqual({ exit: 1, output: '' });
});

test.each([
  ['--seed', '1x', 'a whole number from 0 to 4294967295'],
  ['--seed', '4294967296', 'a whole number from 0 to 4294967295'],
  ['--seed', '1.5', 'a whole number'],
  ['--failures', '1e3', 'a whole number'],
  ['--hop-micros', ' 1', 'a number from 0 to'],
  ['--hop-micros', '', 'a number from 0 to'],
  ['--loss', '0x0', 'a number from 0 to 0.5'],
  ['--loss', '0.51', 'a number from 0 to 0.5'],
  ['--duplicate', '1.01', 'a number from 0 to 1'],
  ['--every-millis', '0', 'a number from 0.001 to'],
  ['--lease-millis', 'Infinity', 'a number from 1 to'],
])('%s %j is refused in one line', async (option, text, expected) => {
  const { exit, said, output } = await simulate(scenario, option, text);
  expect(said).toMatch(/^faultline: option '[^\n]*' argument '[^\n]*' is invalid\. [^\n]*\n/);
  expect(said).toContain(`option '${option} <`);
  expect(said).toContain(`Expected ${expected}`);
  expect({ exit, output }).toEqual({ exit: 2, output: '' });
});
