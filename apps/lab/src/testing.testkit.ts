import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from './terminal';

/** A terminal that keeps what was written. */
export class FakeTerminal implements Terminal {
  output = '';
  complaints = '';
  colour = false;
  columns = 100;

  constructor(readonly interactive = false) {}

  out(text: string): void {
    this.output += `${text}\n`;
  }
  err(text: string): void {
    this.complaints += text;
  }
}

/** A directory for one test file, gone after it. */
export function scratchDirectory(): { path: string; file(name: string, text: string | Uint8Array): string } {
  const path = mkdtempSync(join(tmpdir(), 'faultline-lab-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, text) {
      const file = join(path, name);
      writeFileSync(file, text);
      return file;
    },
  };
}

/** Waits until the condition holds. Fails at the deadline with what was waited for. */
export async function eventually(what: string, holds: () => boolean, deadlineMillis = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMillis;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMillis} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process exists (and is not a zombie of ours that nobody has waited for). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
