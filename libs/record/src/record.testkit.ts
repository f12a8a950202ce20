import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Closable {
  close(): Promise<void>;
}

/** A folder of its own for each test, and everything opened in it; both are gone afterwards. */
export class RecordBench {
  private folders: string[] = [];
  private opened: Closable[] = [];

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'faultline-record-'));
    this.folders.push(folder);
    return folder;
  }

  async open<T extends Closable>(opening: Promise<T>): Promise<T> {
    const opened = await opening;
    this.opened.push(opened);
    return opened;
  }

  async close(closable: Closable): Promise<void> {
    this.opened = this.opened.filter((each) => each !== closable);
    await closable.close();
  }

  async clear(): Promise<void> {
    await Promise.all(this.opened.map((each) => each.close()));
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
    this.opened = [];
    this.folders = [];
  }
}
