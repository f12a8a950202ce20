import { runCommandLine } from './command-line';
import { FakeTerminal } from './testing.testkit';

/** Runs the command line in this process, at a terminal of its own that is wide enough for everything. */
export async function faultline(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ exit: number; said: string; output: string }> {
  const terminal = new FakeTerminal();
  terminal.columns = 200;
  const exit = await runCommandLine([...words], terminal, environment);
  return { exit, said: terminal.complaints, output: terminal.output };
}
