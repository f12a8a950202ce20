import { Exit } from '../errors';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The wish to stop: the first Ctrl-C asks for an orderly end, the second one ends everything at once. */
export class Interruption {
  /** Resolves at the first signal. */
  readonly requested: Promise<void>;
  private asked = false;
  private resolve: () => void = () => undefined;

  /** `kill` is called at the second signal, before the program exits. */
  constructor(
    private readonly kill: () => void,
    private readonly notice: () => void,
  ) {
    this.requested = new Promise((resolve) => {
      this.resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  get isRequested(): boolean {
    return this.asked;
  }

  /** Signals have their usual effect again. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }

  private readonly onSignal = (): void => {
    if (this.asked) {
      this.kill();
      process.exit(Exit.INTERRUPTED);
    }
    this.asked = true;
    this.notice();
    this.resolve();
  };
}
