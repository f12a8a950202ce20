import type { ResolvedMmConfig } from './config';
import type { OpenRun } from './runs';
import type { AddressSpace, MmState } from './state';
import type { Vma } from './vma';

/** A fault that passed the checks (R107-R111), on its way through the handler. */
export interface Fault {
  readonly state: MmState;
  readonly config: ResolvedMmConfig;
  readonly run: OpenRun;
  readonly space: AddressSpace;
  readonly vma: Vma;
  readonly page: number;
  /** Whether it asks for write. */
  readonly write: boolean;
}
