import type { Violation } from '@faultline/audit';
import type { StepAction } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import type { PathUnit } from '@faultline/units';

/**
 * Looks on while a simulation runs, for what the log alone does not show. What `passed` throws ends the run; the others are called in
 * the middle of things, and must not throw.
 */
export interface Onlooker {
  /** A message was stored. */
  stored?(message: LogMessage, atMicros: number): void;
  /** The audit found that something is wrong with the message that was just stored. */
  violated?(violation: Violation): void;
  /** A process made a unit, and is about to start it. */
  made?(unit: PathUnit, instance: string): void;
  /** A step of the timeline begins. */
  begins?(action: StepAction): void;
  /** It was done, to its end. */
  done?(action: StepAction): void;
  /** Everything that happens at an instant has happened. */
  passed?(atMicros: number): void;
  /** Everything has come to its end; the processes live until this resolves. */
  ended?(): Promise<void>;
}
