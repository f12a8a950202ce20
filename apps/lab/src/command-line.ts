import { CommanderError } from 'commander';
import { ErrorReporter } from './error-reporter';
import { Exit } from './errors';
import { createProgram } from './program';
import type { Terminal } from './terminal';

/** Runs one command line and returns the exit status of the program. Never rejects. */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  let exit: Exit = Exit.OK;
  const program = createProgram({
    terminal,
    environment,
    done: (status) => {
      exit = status;
    },
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exit;
  } catch (thrown) {
    // Commander has said by then what it did not understand; for `--help` and `--version` it throws as well, with status 0.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? Exit.OK : Exit.BAD_INPUT;
    const debug = words.includes('--debug');
    return new ErrorReporter(terminal, debug).report(thrown);
  }
}
