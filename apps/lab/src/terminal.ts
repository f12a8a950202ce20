/** Where the command line writes, and what that place can show. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Progress and complaints. */
  err(text: string): void;
  /** Whether a line may overwrite itself on the error stream. */
  readonly interactive: boolean;
  readonly colour: boolean;
  readonly columns: number;
}

/** Width that every table is made for when the terminal does not tell its own. */
export const DEFAULT_COLUMNS = 100;

/** The terminal of this process. Colour and overwriting only where a person looks; `NO_COLOR` is respected. */
export function processTerminal(variables: NodeJS.ProcessEnv = process.env): Terminal {
  const interactive = process.stderr.isTTY === true && variables['TERM'] !== 'dumb';
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(text),
    interactive,
    colour:
      process.stdout.isTTY === true && (variables['NO_COLOR'] ?? '') === '' && variables['TERM'] !== 'dumb',
    columns: process.stdout.columns ?? DEFAULT_COLUMNS,
  };
}

/** A reader that went away early (`faultline log ... | head`) ends the program quietly instead of with a stack trace. */
export function endQuietlyOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
