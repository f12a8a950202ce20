import type { Command } from 'commander';
import { createProgram } from '../../apps/lab/src/program';
import { FakeTerminal } from '../../apps/lab/src/testing.testkit';

const HEAD = `# Command line

<!-- Generated from the program's own help; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

Inside a checkout the program is \`npx faultline\`. RUN is the id of a run under \`runs/\`, the path of its folder, or
\`latest\`; \`latest~1\` is the run before the latest. The exit status is the same for all commands, and stands with the first of them.
`;

/** The reference page of the command line, from what the program says of itself: every command that it has, in its order. */
export function commandLinePage(): string {
  const terminal = new FakeTerminal();
  const program = createProgram({ terminal, environment: {}, done: () => undefined });
  const sections = commandsOf(program).map(({ words, command }) => {
    terminal.output = '';
    command.configureOutput({ getOutHelpWidth: () => terminal.columns }).outputHelp();
    return `## \`${words.join(' ')}\`\n\n\`\`\`\n${terminal.output.trim()}\n\`\`\`\n`;
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

interface NamedCommand {
  words: readonly string[];
  command: Command;
}

/** A command and everything below it. */
function commandsOf(command: Command, above: readonly string[] = []): NamedCommand[] {
  const words = [...above, command.name()];
  return [{ words, command }, ...command.commands.flatMap((each) => commandsOf(each, words))];
}
