import type { Command } from 'commander';
import type * as auditModule from '../commands/audit';
import type * as compareModule from '../commands/compare';
import type * as consoleModule from '../commands/console';
import type * as faultModule from '../commands/fault';
import type * as faultsModule from '../commands/faults';
import type * as logModule from '../commands/log';
import type * as rebuildModule from '../commands/rebuild';
import type * as replayModule from '../commands/replay';
import type * as reportModule from '../commands/report';
import { example, RUN_HELP } from '../help';
import { lazily } from '../lazy';
import { wholeNumber } from '../number-options';
import { common, onRun, runsOption } from './options';
import type { Surroundings } from './surroundings';

/** The most faults that one question gives. */
const MOST_FAULTS = 1_000;

export function addAudit(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('audit'), environment)
    .description(
      'Check the record of a run against its hash chain, the heads that were published of it, and the invariants; exit status 1 when one does not hold.',
    )
    .option('--nats <url>', 'compare with the heads on this NATS server, not with those kept in heads.json')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline audit latest')}`)
    .action(async (run: string, options: auditModule.AuditFlags) => {
      done(await lazily<typeof auditModule>('./commands/audit').audit(run, options, terminal));
    });
}

export function addFault(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('fault'), environment)
    .argument('<id>', "a fault's id, as `faults` prints it: segment.epoch.request")
    .description('Show the timeline of one fault: every event, who, when, how long.')
    .option('--json', 'print the fault and its events as JSON')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline fault latest 0.1.42')}`)
    .action(async (run: string, id: string, options: faultModule.FaultFlags) => {
      done(await lazily<typeof faultModule>('./commands/fault').fault(run, id, options, terminal));
    });
}

export function addFaults(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('faults'), environment)
    .description('List the faults of a run.')
    .option('--device <name>', 'only of this device (name or number)')
    .option('--pasid <number>', 'only with this PASID', wholeNumber())
    .option('--page <number>', 'only of this page (decimal or 0x...)', wholeNumber())
    .option('--code <code>', 'only with this answer: success, invalid, failure, ...')
    .option('--slowest <n>', 'the n slowest, slowest first', wholeNumber(1, MOST_FAULTS))
    .option('--limit <n>', 'at most so many', wholeNumber(1, MOST_FAULTS), 50)
    .option('--cursor <cursor>', 'go on where the list before ended')
    .option('--json', 'print JSON lines')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline faults latest --device nic0 --slowest 10')}`)
    .action(async (run: string, options: faultsModule.FaultsFlags) => {
      done(await lazily<typeof faultsModule>('./commands/faults').faults(run, options, terminal));
    });
}

export function addLog(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('log'), environment)
    .description('Print the events of a run in the order of the log.')
    .option('--json', 'print JSON lines, one for each event')
    .option('--cloudevents', 'print CloudEvents 1.0 as JSON lines, one for each event')
    .option('--from <seq>', 'first sequence', wholeNumber())
    .option('--to <seq>', 'last sequence', wholeNumber())
    .option(
      '--subject <prefix>',
      'only subjects that begin like this, without the laboratory: log.mm, log.iommu.0',
    )
    .option('--kind <kinds>', 'only events of these kinds, with commas between them', (text: string) =>
      text.split(','),
    )
    .addHelpText('after', `\n${RUN_HELP}${example('faultline log latest --subject log.iommu.0.hw --to 100')}`)
    .action(async (run: string, options: logModule.LogFlags) => {
      done(await lazily<typeof logModule>('./commands/log').log(run, options, terminal));
    });
}

export function addRebuild(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('rebuild'), environment)
    .description(
      'Drop the tables that questions about a run are asked of, build them again from its record, and compare; exit status 1 when they were not the same.',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline rebuild latest')}`)
    .action(async (run: string, options: rebuildModule.RebuildFlags) => {
      done(await lazily<typeof rebuildModule>('./commands/rebuild').rebuild(run, options, terminal));
    });
}

export function addReplay(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('replay'), environment)
    .description(
      'Fold the events of a run again, unit by unit, from the first one on and from snapshots on the way; print the hash of each state that this gives. Exit status 1 when they differ (I8), or the log cannot be folded.',
    )
    .option('--unit <name>', 'only this unit: iommu.0, segment.0, mm.0')
    .option('--at <seq>', 'only to this sequence', wholeNumber(1))
    .option('--json', 'print the report as JSON, with the whole hashes')
    .addHelpText(
      'after',
      `\n${RUN_HELP}${example('faultline replay latest', 'faultline replay latest --unit iommu.0 --at 1000')}`,
    )
    .action(async (run: string, options: replayModule.ReplayFlags) => {
      done(await lazily<typeof replayModule>('./commands/replay').replay(run, options, terminal));
    });
}

export function addReport(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('report'))
    .argument('[run]', "a run: an id, a path, or 'latest'", 'latest')
    .description(
      'Write the report of a run again: a page to open in a browser, and its numbers as JSON and CSV beside it.',
    )
    .option('--out <file>', "the page's file, *.html (default: report.html in the run's folder)")
    .addOption(runsOption(environment))
    .addHelpText('after', `\n${RUN_HELP}${example('faultline report latest --out report.html')}`)
    .action(async (run: string, options: reportModule.ReportFlags) => {
      done(await lazily<typeof reportModule>('./commands/report').report(run, options, terminal));
    });
}

export function addConsole(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('console'))
    .argument('[run]', "a run: an id, a path, or 'latest'", 'latest')
    .description(
      'Show runs that are over in the browser: faults and their timelines, states at any moment, audit, reports. Prints the address, and serves it until Ctrl-C; FAULTLINE_HTTP says where, FAULTLINE_TOKEN who may look.',
    )
    .option('--open', 'open the address in the browser of this system')
    .addOption(runsOption(environment))
    .addHelpText('after', `\n${RUN_HELP}${example('faultline console latest --open')}`)
    .action(async (run: string, options: consoleModule.ConsoleFlags) => {
      const { showConsole } = lazily<typeof consoleModule>('./commands/console');
      done(await showConsole(run, options, terminal, environment));
    });
}

export function addCompare(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('compare'))
    .argument('<run...>', "two or more runs: ids, paths, 'latest', 'latest~1'")
    .description(
      'Put runs side by side: what changed from the first to the others, and whether it exceeds noise. Runs of the same settings, machine and version are repetitions of each other; their seeds may differ.',
    )
    .option('--json', 'print every number as JSON')
    .addOption(runsOption(environment))
    .addHelpText('after', `\n${RUN_HELP}${example('faultline compare latest~1 latest')}`)
    .action(async (runs: string[], options: compareModule.CompareFlags) => {
      done(await lazily<typeof compareModule>('./commands/compare').compare(runs, options, terminal));
    });
}
