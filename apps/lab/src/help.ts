/** What the exit status of every command says. */
export const EXIT_HELP = `
Exit status:
  0    all went well
  1    what was run did not end well, or what was checked does not hold
  2    bad input: nothing was started
  130  ended by Ctrl-C
`;

/** Variables that commands read. */
export const ENVIRONMENT_HELP = `
Environment, where no option says otherwise:
  NATS_URL               the NATS server that runs use; without it, and without \`up\`, each run starts one
  FAULTLINE_SITE         with NATS_URL: the standing services there make the runs
  FAULTLINE_LAB          the laboratory that \`dead\` looks after
  FAULTLINE_RUNS_DIR     where runs are kept
  FAULTLINE_STUDIES_DIR  where studies are kept
  FAULTLINE_HTTP         where runs, \`up\` and \`console\` answer in the browser, as [host:]port
  FAULTLINE_TOKEN        what the browser has to show there
  LOG_LEVEL              what the services of a run log: error, warn, info, debug, ...
`;

/** How a run is named. */
export const RUN_HELP =
  "RUN is an id under the runs directory, a path, or 'latest'; 'latest~1' is the run before the latest.";

/** The last part of a command's help. */
export function example(...lines: string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
