/** Runs a task soon, never inside the call. The default is a microtask; the simulator gives its own. */
export type Scheduler = (task: () => void) => void;

const resolved = Promise.resolve();

/** Out of a promise: in Node `queueMicrotask` makes an object for whoever traces what is asynchronous, each time. */
export const microtasks: Scheduler = (task) => void resolved.then(task);

/** A pump that runs at most once per wake-up, however often it is woken before. */
export class Pump {
  private due = false;

  constructor(
    private readonly schedule: Scheduler,
    private readonly run: () => void,
  ) {}

  wake(): void {
    if (this.due) return;
    this.due = true;
    this.schedule(this.pump);
  }

  private readonly pump = (): void => {
    this.due = false;
    this.run();
  };
}
