import { runCommandLine } from './command-line';
import { endQuietlyOnBrokenPipe, processTerminal } from './terminal';

/** A handle that something left open must not keep the program from ending; what is to be printed gets this long. */
const LINGER_MILLIS = 2_000;

endQuietlyOnBrokenPipe();
void runCommandLine(process.argv.slice(2), processTerminal(), process.env).then((exit) => {
  process.exitCode = exit;
  setTimeout(() => process.exit(), LINGER_MILLIS).unref();
});
