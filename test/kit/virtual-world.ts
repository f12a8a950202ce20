import { SeededRandom } from '@faultline/domain';
import type { ClockPort } from '@faultline/hosting';

interface Alarm {
  at: number;
  task(): void;
}

/**
 * An alarm as far away as this is a heartbeat or somebody's patience: when nothing nearer is left, nothing goes on by itself.
 * The deadlines of a scenario are nearer.
 */
const IDLE_MICROS = 5_000_000;
/** What happens at the same time as something else does not let so much time pass: the other may still have consequences. */
const TOGETHER_MICROS = 1_000_000;
/** Longest step of time between two tasks, in microseconds; instants of different units then differ. */
const STEP_MICROS = 3;
const MOST_AT_ONCE = 4;
/** Looks in a row that find nothing to do before nothing is left to be done. */
const MOST_IDLE = 3;
/** How many tasks lag, and how probable it is at each step that one of them comes at last. */
const LAGGING = 0.1;
const CATCHING_UP = 0.03;
/** So many steps without progress are a livelock: far more than a thrashing memory needs for one access. */
const PATIENCE = 300_000;

/** Nothing goes on any more, or it goes round in circles. */
export class Standstill extends Error {}

/**
 * Time and order of a run in one process. Messages are tasks that run in an order drawn from a seed, alarms run at their time,
 * and time stands still meanwhile: the same seed gives the same run. A run that hangs is seen at once, without any waiting.
 */
export class VirtualWorld implements ClockPort {
  private readonly random: SeededRandom;
  private readonly alarms = new Set<Alarm>();
  private readonly tasks: (() => void)[] = [];
  /** What takes much longer than everything else: a process that is not scheduled, a reader that lags. */
  private readonly laggards: (() => void)[] = [];
  private now = 1_000_000;

  /** @param isOrderly messages arrive in the order in which they were sent, whoever sent them */
  constructor(
    seed: number,
    private readonly isOrderly = false,
  ) {
    this.random = new SeededRandom(seed);
  }

  nowMicros(): number {
    return this.now;
  }

  after(delayMicros: number, task: () => void): () => void {
    const alarm = { at: this.now + Math.max(0, Math.ceil(delayMicros)), task };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Runs a message soon, among all others that are on their way. */
  readonly schedule = (task: () => void): void => {
    const lags = !this.isOrderly && this.happens(LAGGING);
    (lags ? this.laggards : this.tasks).push(task);
  };

  /** Whether something happens that has this probability. */
  happens(probability: number): boolean {
    return probability > 0 && this.random.unit() < probability;
  }

  /** Lets the world go on until the condition holds. Rejects with {@link Standstill} when it never will. */
  async until(condition: () => boolean, progress: () => unknown = () => undefined): Promise<void> {
    let steps = 0;
    let idle = 0;
    let before: unknown;
    for (;;) {
      // Promises that the last step settled go on before the next one.
      await new Promise((resolve) => setImmediate(resolve));
      if (condition()) return;
      // What the condition itself has begun needs promises to go on before there is anything to do.
      if (this.step(IDLE_MICROS)) idle = 0;
      else if ((idle += 1) > MOST_IDLE) throw new Standstill('nothing is left to be done');
      // What several processes do at the same time.
      for (let more = this.random.below(MOST_AT_ONCE); more > 0; more -= 1) this.step(TOGETHER_MICROS);
      const reached = progress();
      if (reached !== before) steps = 0;
      before = reached;
      if ((steps += 1) > PATIENCE) throw new Standstill(`${PATIENCE} steps without progress`);
    }
  }

  /** Lets the world go on until the promise is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => void (isSettled = true);
    promise.then(done, done);
    await this.until(() => isSettled);
    return promise;
  }

  /** @param patienceMicros how far away an alarm may be to be the next thing that happens */
  private step(patienceMicros: number): boolean {
    const alarm = this.nextAlarm();
    const isDue = alarm !== undefined && alarm.at <= this.now;
    if (this.tasks.length + this.laggards.length > 0 && !(isDue && this.random.below(2) === 0)) {
      this.takeTask()();
      this.now += this.random.below(STEP_MICROS);
      return true;
    }
    if (alarm === undefined || alarm.at > this.now + patienceMicros) return false;
    this.alarms.delete(alarm);
    this.now = Math.max(this.now, alarm.at);
    alarm.task();
    return true;
  }

  private takeTask(): () => void {
    const isLate = this.tasks.length === 0 || (this.laggards.length > 0 && this.happens(CATCHING_UP));
    const from = isLate ? this.laggards : this.tasks;
    const place = this.isOrderly ? 0 : this.random.below(from.length);
    const [task] = from.splice(place, 1);
    if (!task) throw new Error('no task is left');
    return task;
  }

  /** The earliest one; of several, the one that was set first. */
  private nextAlarm(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.alarms) if (!next || alarm.at < next.at) next = alarm;
    return next;
  }
}
