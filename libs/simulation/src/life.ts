import { Fifo, type Running } from '@faultline/hosting';

const NEVER = new Promise<never>(() => undefined);

/**
 * Whether a process lives: all that reaches it, and all that it does, passes here. One that was killed does nothing more and hears
 * nothing more; one that was stopped (SIGSTOP) does so later, all at once and in order. What it had sent before goes its way.
 */
export class Life {
  private state: 'running' | 'frozen' | 'dead' = 'running';
  private held = new Fifo<() => void>();
  private readonly opened: Promise<Running>[] = [];
  private readonly mourners = new Set<() => void>();

  get isDead(): boolean {
    return this.state === 'dead';
  }

  get isFrozen(): boolean {
    return this.state === 'frozen';
  }

  /** Its connection goes with it, and so does whatever others had for it. */
  kill(): void {
    this.state = 'dead';
    this.held = new Fifo();
    // What could not be opened need not be stopped; whoever opened it knows why.
    for (const running of this.opened)
      running.then(
        (each) => each.stop(),
        () => undefined,
      );
    for (const tell of [...this.mourners]) tell();
  }

  /** What ends when the process does. */
  opens<T extends Running>(running: Promise<T>): Promise<T> {
    this.opened.push(running);
    return running;
  }

  freeze(): void {
    if (this.state === 'running') this.state = 'frozen';
  }

  /** It goes on, and does first what it missed. */
  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'running';
    // It may be stopped again by what it does.
    while (this.state === 'running' && this.held.length > 0) this.held.shift()?.();
  }

  /** Runs the task if the process runs, and when it does. */
  pass(task: () => void): void {
    if (this.isOpen) task();
    else if (this.state !== 'dead') this.held.push(task);
  }

  /** Does what has an effect in the world, or asks it, and hears what comes of it. Who is dead does nothing. */
  does<T>(act: () => Promise<T>): Promise<T> {
    return this.isDead ? NEVER : this.hear(act());
  }

  /** Somebody else asks the process: it does the task when it runs, and the answer comes when it does so then. Nobody answers for the dead. */
  asks<T>(task: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pass(() => {
        Promise.resolve()
          .then(task)
          .then(
            (answer) => this.pass(() => resolve(answer)),
            (error: Error) => this.pass(() => reject(error)),
          );
      });
    });
  }

  /** What comes of the promise, unless the process dies before: then `death`. */
  unlessDead<T, Death>(promise: Promise<T>, death: Death): Promise<T | Death> {
    if (this.isDead) return Promise.resolve(death);
    return new Promise<T | Death>((resolve, reject) => {
      const tell = (): void => resolve(death);
      this.mourners.add(tell);
      promise.finally(() => this.mourners.delete(tell)).then(resolve, reject);
    });
  }

  /** The same for what may be answered at once, as long as the process runs. */
  serves<T>(task: () => Promise<T> | T): Promise<T> | T {
    if (!this.isOpen) return this.asks(task);
    const answer = task();
    return answer instanceof Promise ? this.hear(answer as Promise<T>) : answer;
  }

  /** The promise as the process sees it. */
  hear<T>(promise: Promise<T>): Promise<T> {
    return promise.then(this.heard as (value: T) => T | Promise<T>, this.heardError);
  }

  /** Nothing that it missed is to be done before. */
  private get isOpen(): boolean {
    return this.state === 'running' && this.held.length === 0;
  }

  private readonly heard = <T>(value: T): T | Promise<T> =>
    this.isOpen ? value : new Promise((resolve) => this.pass(() => resolve(value)));

  private readonly heardError = (error: Error): Promise<never> => {
    if (this.isOpen) throw error;
    return new Promise((_, reject) => this.pass(() => reject(error)));
  };
}
