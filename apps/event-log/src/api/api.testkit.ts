import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggedMessage } from '@faultline/audit';
import { Projections, RecordReader, RecordWriter, RunFolder, summarise } from '@faultline/record';
import type { CurrentEngagement } from '@faultline/runtime';
import { goodLog } from '../../../../libs/audit/src/log.testkit';
import { DoorBench, type DoorBenchOptions } from '../../../../libs/runtime/src/http/door.testkit';
import { apiDoor } from '.';

/** What of an answer a test looks at. */
export interface Answer<T> {
  status: number;
  body: T;
}

/** A folder of runs, and the API over it behind a real door. */
export class ApiBench {
  private readonly doors = new DoorBench();
  url = '';

  /** @param runs the folder of another bench, for a second service over it */
  constructor(readonly runs = mkdtempSync(join(tmpdir(), 'faultline-api-'))) {}

  async open(options: DoorBenchOptions = {}): Promise<CurrentEngagement> {
    const config = { runsDirectory: this.runs, ...options.config };
    const { url, current } = await this.doors.open(apiDoor, { ...options, config });
    this.url = url;
    return current;
  }

  /** Closes the door; the runs stay. */
  close(): Promise<void> {
    return this.doors.clear();
  }

  /** A run as the command line leaves it; without a summary where it did not end in order. */
  async run(
    id: string,
    options: { messages?: readonly LoggedMessage[]; ended?: boolean; tracedShare?: number } = {},
  ): Promise<RunFolder> {
    const folder = new RunFolder(join(this.runs, id));
    mkdirSync(folder.path, { recursive: true });
    const writer = await RecordWriter.open(folder.path, options.tracedShare);
    await writer.append(options.messages ?? goodLog());
    await writer.close();
    if (options.ended === false) return folder;
    const reader = await RecordReader.open(folder.path);
    const projections = await Projections.open(folder.path);
    await projections.project(reader);
    await projections.close();
    const summary = await summarise(reader);
    await reader.close();
    folder.writeSummary({ run: id, scenario: 'good', profile: 'none', end: 'finished', summary });
    return folder;
  }

  async get<T = Record<string, unknown>>(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Every page of a listing, to the last. The path has a query already. */
  async pages<T extends { nextCursor: string | null }>(path: string): Promise<T[]> {
    const pages: T[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body }: Answer<T> = await this.get<T>(`${path}${more}`);
      pages.push(body);
      cursor = body.nextCursor;
    } while (cursor !== null);
    return pages;
  }

  write(folder: RunFolder, file: string, text: string): void {
    writeFileSync(join(folder.path, file), text);
  }

  async clear(): Promise<void> {
    await this.doors.clear();
    rmSync(this.runs, { recursive: true, force: true });
  }
}
