import { isNativeError } from 'node:util/types';
import { Exit, LabError } from './errors';
import type { Terminal } from './terminal';

type Translation = (error: Error & { code?: unknown; path?: unknown; syscall?: unknown }) => string;

/** What the system's own error codes mean to a user. */
const systemErrors: Readonly<Record<string, Translation>> = {
  ENOSPC: (error) => `disk full${at(error)}: free some space, or keep runs elsewhere with --runs DIR`,
  EDQUOT: (error) =>
    `disk quota used up${at(error)}: free some space, or keep runs elsewhere with --runs DIR`,
  EACCES: (error) =>
    `permission denied${at(error)}: give yourself access, or keep runs elsewhere with --runs DIR`,
  EPERM: (error) => `not permitted${at(error)}: give yourself access, or keep runs elsewhere with --runs DIR`,
  EROFS: (error) => `read-only file system${at(error)}: keep runs elsewhere with --runs DIR`,
  ENOENT: (error) =>
    error.syscall === 'mkdir'
      ? `a directory cannot be made${at(error)}: keep runs elsewhere with --runs DIR`
      : `no such file${at(error)}`,
  EISDIR: (error) => `a directory where a file was expected${at(error)}`,
  ENOTDIR: (error) => `a file where a directory was expected${at(error)}`,
  EMFILE: () => `too many open files: raise the limit with ulimit -n`,
  EADDRINUSE: (error) => `${error.message}: the port is taken, free it or choose another one`,
  SQLITE_FULL: () =>
    `disk full while writing the event log: free some space, or keep runs elsewhere with --runs DIR`,
  SQLITE_NOTADB: (error) => `${error.message}: the event log is damaged, or is not one`,
  SQLITE_CANTOPEN: (error) => `${error.message}: the event log cannot be opened`,
  CONNECTION_REFUSED: () => `no NATS server answers: check NATS_URL, or unset it to start a server here`,
};

/** Errors of our own libraries whose message is a clear line already, and that mean bad input. */
const badInputs: ReadonlySet<string> = new Set(
  'ScenarioError TraceFileError ConfigError InvalidLabName RecordMissing WrittenByNewer'.split(' '),
);

/** Errors of our own libraries whose message is a clear line already, and that mean a failed run. */
const failures: ReadonlySet<string> = new Set(
  [
    'NatsUnreachable NatsServerMissing NatsServerFailed JetStreamMissing JetStreamNotReady StorageUnavailable StreamConfigConflict SubjectsTaken ReplicasUnavailable RequestFailed',
    'LogFull LogUnavailable LogReadFailed AppendRefused AppendImpossible DecodeError UnknownSchema FieldOutOfRange',
    'KvUnavailable KvLost JetStreamRefused HeadUnreadable',
    'RecordNewer RecordNotWritable RecordUnreadable RecordGap RecordAhead RecordTaken',
  ].flatMap((names) => names.split(' ')),
);

/** Turns whatever was thrown into one clear line for the user. A stack trace appears only when it was asked for. */
export class ErrorReporter {
  constructor(
    private readonly terminal: Terminal,
    private readonly debug: boolean,
  ) {}

  /** Says what went wrong and returns the exit status of the program. */
  report(thrown: unknown): Exit {
    const error = isNativeError(thrown) ? thrown : new Error(String(thrown));
    const { line, details, exit } = this.translate(error);
    this.terminal.err(`faultline: ${line}\n`);
    for (const detail of details) this.terminal.err(`  | ${detail}\n`);
    if (this.debug) this.terminal.err(`${traceOf(error)}\n`);
    return exit;
  }

  /** The line, what goes below it, and the exit status. */
  translate(error: Error): { line: string; details: readonly string[]; exit: Exit } {
    if (error instanceof LabError)
      return { line: oneLine(error.message), details: error.details, exit: error.exit };
    if (badInputs.has(error.name)) return { line: oneLine(error.message), details: [], exit: Exit.BAD_INPUT };
    if (failures.has(error.name)) {
      // What follows the first line are the last words of another program.
      const [line = '', ...details] = error.message.split('\n');
      return { line, details: details.map((detail) => detail.trim()), exit: Exit.FAILED };
    }
    // TypeORM and the clients wrap the system's error, so its code is looked for along the causes.
    for (const each of chain(error)) {
      const code: unknown = 'code' in each ? each.code : undefined;
      const translation = typeof code === 'string' ? systemErrors[code] : undefined;
      if (translation) return { line: oneLine(translation(each)), details: [], exit: Exit.FAILED };
    }
    const hint = this.debug ? '' : ' (this is a defect of faultline; --debug shows where)';
    return { line: `${error.name}: ${oneLine(error.message)}${hint}`, details: [], exit: Exit.FAILED };
  }
}

function at(error: { path?: unknown }): string {
  return typeof error.path === 'string' ? `: ${error.path}` : '';
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ').trim();
}

function* chain(error: Error): Generator<Error> {
  let each: unknown = error;
  for (let depth = 0; isNativeError(each) && depth < 8; depth += 1) {
    yield each;
    each = each.cause ?? ('driverError' in each ? each.driverError : undefined);
  }
}

function traceOf(error: Error): string {
  return [...chain(error)]
    .map((each, depth) => (depth === 0 ? '' : 'caused by: ') + (each.stack ?? each.message))
    .join('\n');
}
