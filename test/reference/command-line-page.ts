import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(__dirname, '../../dist/apps/lab/src/main.js');
const COMMANDS = [
  [],
  ['run'],
  ['audit'],
  ['faults'],
  ['fault'],
  ['log'],
  ['rebuild'],
  ['report'],
  ['compare'],
  ['trace'],
  ['trace', 'info'],
  ['conformance'],
  ['dead'],
  ['dead', 'list'],
  ['dead', 'show'],
  ['dead', 'replay'],
  ['labs'],
  ['labs', 'list'],
  ['labs', 'remove'],
];

const HEAD = `# Command line

<!-- Generated from the program's own help; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

Inside a checkout the program is \`npx faultline\`. RUN is the id of a run under \`runs/\`, the path of its folder, or
\`latest\`; \`latest~1\` is the run before the latest.

Exit status: 0 when all went well, 1 when a run or its audit failed, 2 for bad input (nothing was started), 130 after Ctrl-C.
`;

/** The reference page of the command line, from what the program says of itself. */
export function commandLinePage(): string {
  const sections = COMMANDS.map((words) => {
    const help = execFileSync(process.execPath, [MAIN, ...words, '--help'], {
      encoding: 'utf8',
      env: { ...process.env, COLUMNS: '100' },
    });
    return `## \`${['faultline', ...words].join(' ')}\`\n\n\`\`\`\n${help.trim()}\n\`\`\`\n`;
  });
  return `${HEAD}\n${sections.join('\n')}`;
}
