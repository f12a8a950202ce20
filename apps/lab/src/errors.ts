/** Exit status of the command line. */
export const Exit = {
  OK: 0,
  /** A run or an audit failed. */
  FAILED: 1,
  /** Bad input: nothing was started. */
  BAD_INPUT: 2,
  /** Ctrl-C. */
  INTERRUPTED: 130,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** An error meant for the user: its message is one clear line that says what, where, what was expected and what to do. */
export class LabError extends Error {
  constructor(
    message: string,
    readonly exit: Exit,
    options?: ErrorOptions & {
      /** Lines shown below the message, such as the last words of a service. */
      details?: readonly string[];
    },
  ) {
    super(message, options);
    this.name = new.target.name;
    this.details = options?.details ?? [];
  }

  readonly details: readonly string[];
}

/** What the user gave cannot be used. */
export class BadInput extends LabError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, Exit.BAD_INPUT, options);
  }
}

/** The run or the audit could not be brought to its end. */
export class RunFailed extends LabError {
  constructor(message: string, options?: ErrorOptions & { details?: readonly string[] }) {
    super(message, Exit.FAILED, options);
  }
}

/** The user asked to stop before there was anything to summarise. */
export class Interrupted extends LabError {
  constructor() {
    super('stopped before the run had begun', Exit.INTERRUPTED);
  }
}
