import { writeSync } from 'node:fs';
import type { FailpointName, FailpointRule } from './plan';

/** What a port has to do at a passage where something is due. */
export type Outcome = 'proceed' | 'fail' | 'twice';

const STANDARD_ERROR = 2;

/** What a process can do to itself. */
export interface FailpointHand {
  /** Says that a rule came true, before anything else happens. */
  tell(line: string): void;
  signal(signal: 'SIGKILL' | 'SIGSTOP'): void;
}

const ownProcess: FailpointHand = {
  // A process that is killed flushes nothing.
  tell: (line) => writeSync(STANDARD_ERROR, `${line}\n`),
  signal: (signal) => process.kill(process.pid, signal),
};

/** Counts the passages of a process at its failpoints, and does what the rules say about them. */
export class Failpoints {
  private readonly passed: number[];

  constructor(
    private readonly rules: readonly FailpointRule[],
    private readonly hand: FailpointHand = ownProcess,
  ) {
    this.passed = rules.map(() => 0);
  }

  /** A passage about something, e.g. the subject of a message. Resolves when the port may go on, and how. */
  async pass(point: FailpointName, about: string): Promise<Outcome> {
    return this.follow(this.due(point, about));
  }

  /** The same for calls that return nothing: they are done at once, where nothing is due. */
  passNow(point: FailpointName, about: string, go: (outcome: Outcome) => void): void {
    const rule = this.due(point, about);
    if (rule) void this.follow(rule).then(go);
    else go('proceed');
  }

  private due(point: FailpointName, about: string): FailpointRule | undefined {
    let due: FailpointRule | undefined;
    this.rules.forEach((rule, place) => {
      if (rule.point !== point || !isAbout(rule, about)) return;
      const count = (this.passed[place] = (this.passed[place] ?? 0) + 1);
      if (count === rule.nth || (rule.onwards && count > rule.nth)) due ??= rule;
    });
    return due;
  }

  private async follow(rule: FailpointRule | undefined): Promise<Outcome> {
    if (!rule) return 'proceed';
    this.hand.tell(`failpoint ${rule.text}`);
    switch (rule.verb) {
      case 'kill':
        this.hand.signal('SIGKILL');
        // Not a step further, however long the signal takes.
        return new Promise<never>(() => undefined);
      case 'stop':
        this.hand.signal('SIGSTOP');
        return 'proceed';
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, rule.millis));
        return 'proceed';
      case 'error':
        return 'fail';
      case 'duplicate':
        return 'twice';
    }
  }
}

function isAbout({ about }: FailpointRule, subject: string): boolean {
  return about === undefined || `.${subject}.`.includes(`.${about}.`);
}
