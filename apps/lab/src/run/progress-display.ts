import type { Terminal } from '../terminal';

/** Distance of two lines where lines cannot be overwritten. */
const PLAIN_MILLIS = 2_000;

/** Shows what is going on: one line that overwrites itself for a person, a plain line now and then for a log file. */
export class ProgressDisplay {
  private width = 0;
  private shownAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly terminal: Terminal,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Something that happens once, on a line of its own. */
  step(text: string): void {
    this.clear();
    this.terminal.err(`${text}\n`);
  }

  /** How far a thing has come. */
  update(text: string): void {
    if (this.terminal.interactive) {
      const line = [...text].slice(0, Math.max(20, this.terminal.columns - 1)).join('');
      this.terminal.err(`\r${line}${' '.repeat(Math.max(0, this.width - line.length))}`);
      this.width = line.length;
    } else if (this.now() - this.shownAt >= PLAIN_MILLIS) {
      this.shownAt = this.now();
      this.terminal.err(`${text}\n`);
    }
  }

  /** Ends the line that overwrites itself, so that what follows begins on a fresh one. */
  clear(): void {
    if (this.width === 0) return;
    this.terminal.err(`\r${' '.repeat(this.width)}\r`);
    this.width = 0;
  }
}
