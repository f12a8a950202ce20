import type { Command } from 'commander';
import type * as conformanceModule from '../commands/conformance';
import type * as traceModule from '../commands/trace-info';
import { example } from '../help';
import { lazily } from '../lazy';
import { common } from './options';
import type { Surroundings } from './surroundings';

export function addTrace(program: Command, { terminal, done }: Surroundings): void {
  const trace = program.command('trace').description('Look at trace files.');
  common(trace.command('info'))
    .argument('<file>', 'trace file, plain or gzipped')
    .description('Check every line of a trace and say what is in it.')
    .option('--format <format>', 'auto, lackey, prq, perf or csv', 'auto')
    .option('--json', 'print JSON')
    .addHelpText('after', example('faultline trace info examples/traces/sort.trace.gz'))
    .action(async (file: string, options: traceModule.TraceFlags) => {
      done(await lazily<typeof traceModule>('./commands/trace-info').traceInfo(file, options, terminal));
    });
}

export function addConformance(program: Command, { terminal, done }: Surroundings): void {
  common(program.command('conformance'))
    .argument('<file...>', 'conformance files, plain or gzipped JSON')
    .description(
      'Run conversations recorded from the real fault layer or a reference IOMMU, and compare every step; exit status 1 on any difference.',
    )
    .option('--profile <name>', 'whose choices the IOMMU makes: riscv (which was recorded), smmu, vtd or amd')
    .option('--vector <id>', 'only the vector with this id')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      example('faultline conformance test/conformance/iopf/*.json.gz test/conformance/pri/*.json.gz'),
    )
    .action(async (files: string[], options: conformanceModule.ConformanceFlags) => {
      const { conformance } = lazily<typeof conformanceModule>('./commands/conformance');
      done(await conformance(files, options, terminal));
    });
}
