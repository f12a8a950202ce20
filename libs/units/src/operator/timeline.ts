import type { ResolvedStep, StepAction } from '@faultline/contracts';
import { formatCount, formatMicros, formatPage } from '@faultline/stats';

/** How far the devices are. */
export interface Moment {
  /** Accesses that have ended, over all devices. */
  ended: number;
  /** Every workload that began has come to its end, and nothing is under way anywhere. */
  isOver: boolean;
}

export interface TimelineOptions {
  steps: readonly ResolvedStep[];
  timeScale: number;
  /** Wall clock. */
  nowMicros(): number;
  /** Does a step, to its end. Returns what there is to say of it. */
  act(action: StepAction): Promise<string>;
  /** A step was done: one line, for people. */
  onDone(line: string): void;
}

/** Carries a scenario's timeline out, one step after the other. It waits for nothing itself: it is told how far the devices are. */
export class Timeline {
  private next = 0;
  private running = false;
  private beganAtMicros = 0;
  private failure: unknown;

  constructor(private readonly options: TimelineOptions) {}

  /** Every step was done. */
  get isDone(): boolean {
    return this.next >= this.options.steps.length && !this.running;
  }

  /** A step is being done. It ends by itself: each has deadlines. */
  get isBusy(): boolean {
    return this.running;
  }

  /** The next step waits for a time, which comes whatever the devices do. */
  get awaitsTime(): boolean {
    const step = this.options.steps[this.next];
    return step?.after?.micros !== undefined && this.modelMicros < step.after.micros;
  }

  /** The devices start now. */
  begin(): void {
    this.beganAtMicros = this.options.nowMicros();
  }

  /** Begins the next step if it is due. Throws what a step failed with. */
  advance(moment: Moment): void {
    if (this.failure !== undefined) throw this.failure;
    const step = this.options.steps[this.next];
    if (this.running || !step || !this.isDue(step, moment)) return;
    this.next += 1;
    this.running = true;
    void this.carryOut(step.do);
  }

  /** A number of accesses that nobody can reach any more is not waited for; a time is. */
  private isDue({ after }: ResolvedStep, { ended, isOver }: Moment): boolean {
    if (this.awaitsTime) return false;
    return isOver || ended >= (after?.accesses ?? 0);
  }

  private get modelMicros(): number {
    return (this.options.nowMicros() - this.beganAtMicros) / this.options.timeScale;
  }

  private async carryOut(action: StepAction): Promise<void> {
    const at = Math.round(this.modelMicros);
    try {
      const detail = await this.options.act(action);
      const what = describeAction(action);
      this.options.onDone(
        `at ${formatMicros(at)} of model time: ${what}${detail === '' ? '' : ` (${detail})`}`,
      );
    } catch (thrown) {
      this.failure = thrown;
    } finally {
      this.running = false;
    }
  }
}

/** A step as a person would name it. */
export function describeAction(action: StepAction): string {
  switch (action.action) {
    case 'start':
    case 'exit':
    case 'unbind':
      return `${action.action} ${action.process}`;
    case 'unmap':
    case 'protect':
    case 'migrate':
      return `${action.action} ${formatCount(action.pages)} pages of ${action.process} from ${formatPage(action.startPage)}`;
    case 'reclaim':
      return `reclaim ${formatCount(action.pages)} pages of shard ${action.shard}`;
    case 'replace-domain':
      return `replace ${action.process} by ${action.by}`;
    case 'remove-device':
    case 'surprise-remove':
    case 'hang-device':
    case 'reset-device':
    case 'remove-queue':
    case 'add-queue':
      return `${action.action.replace('-', ' ')} ${action.name}`;
  }
}
