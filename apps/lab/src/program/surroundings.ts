import type { Exit } from '../errors';
import type { Terminal } from '../terminal';

/** What a command may use of the world. */
export interface Surroundings {
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  /** Says the exit status of a command that ran to its end. */
  done(exit: Exit): void;
}
