import { Command, CommanderError } from 'commander';
import type * as versionModule from './commands/version';
import { Exit } from './errors';
import { ENVIRONMENT_HELP, example, EXIT_HELP } from './help';
import { lazily } from './lazy';
import { addConformance, addTrace } from './program/file-commands';
import {
  addAudit,
  addCompare,
  addConsole,
  addFault,
  addFaults,
  addLog,
  addRebuild,
  addReplay,
  addReport,
} from './program/record-commands';
import { addRun, addSimulate, addStudy, addUp } from './program/run-commands';
import { addDead, addLabs } from './program/server-commands';
import type { Surroundings } from './program/surroundings';

/** The command line. Commands load what they need when they run, so that help and complaints come at once. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('faultline')
    .description(
      'A laboratory for the I/O page fault path: runs scenarios, audits and inspects what was recorded.',
    )
    .option('-V, --version', 'print the version')
    .on('option:version', () => {
      lazily<typeof versionModule>('./commands/version').version(surroundings.terminal);
      throw new CommanderError(Exit.OK, 'commander.version', '');
    })
    .showHelpAfterError("(run 'faultline --help' for what there is)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.terminal.out(text.trimEnd()),
      writeErr: (text) => surroundings.terminal.err(text),
      outputError: (text, write) => write(`faultline: ${text.replace(/^error: /, '')}`),
    })
    .addHelpText(
      'after',
      `${EXIT_HELP}${ENVIRONMENT_HELP}${example('faultline run examples/quickstart.yaml', 'faultline faults latest --slowest 10')}`,
    );
  addRun(program, surroundings);
  addUp(program, surroundings);
  addSimulate(program, surroundings);
  addStudy(program, surroundings);
  addAudit(program, surroundings);
  addFault(program, surroundings);
  addFaults(program, surroundings);
  addLog(program, surroundings);
  addRebuild(program, surroundings);
  addReplay(program, surroundings);
  addReport(program, surroundings);
  addConsole(program, surroundings);
  addCompare(program, surroundings);
  addTrace(program, surroundings);
  addConformance(program, surroundings);
  addDead(program, surroundings);
  addLabs(program, surroundings);
  return program;
}
