import { FAULTLINE_VERSION } from '@faultline/contracts';
import type { Terminal } from '../terminal';

/** Prints the version of this program. */
export function version(terminal: Terminal): void {
  terminal.out(FAULTLINE_VERSION);
}
