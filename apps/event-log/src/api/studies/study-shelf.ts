import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CurrentEngagement } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { studiesFolder } from '../common/folders';
import { readJson, readText } from '../common/kept-files';
import { StudyUnknown } from './study-unknown';
import { type StudyEntry, studyHead, studyReportPart } from './study-schemas';

const HEAD = 'head.json';

/** The studies that this service can show: those of the folder that it was told of, else of `studies` beside its folder of runs. */
@Injectable()
export class StudyShelf {
  constructor(private readonly current: CurrentEngagement) {}

  /** Entries, the latest begun first. What is no study is not among them. */
  async list(): Promise<StudyEntry[]> {
    const { directory } = this;
    const ids = existsSync(directory) ? await readdir(directory) : [];
    const entries = await Promise.all(ids.map((id) => entryOf(id, join(directory, id))));
    const found = entries.filter((entry) => entry !== undefined);
    return found.sort(
      (one, other) => other.begunAtMicros - one.begunAtMicros || (other.study < one.study ? -1 : 1),
    );
  }

  /** The page of a study's report. Rejects with {@link StudyUnknown} where there is none. */
  async page(id: string): Promise<string> {
    const page = await readText(join(this.directory, id, 'report.html'));
    if (page === undefined) throw new StudyUnknown(id);
    return page;
  }

  private get directory(): string {
    return studiesFolder(this.current.config);
  }
}

/** A study without a readable head is none; one without a readable report is not over, or was interrupted. */
async function entryOf(study: string, path: string): Promise<StudyEntry | undefined> {
  const head = studyHead.safeParse(await readable(join(path, HEAD)));
  if (!head.success) return undefined;
  const { file, begunAtMicros } = head.data;
  const report = studyReportPart.safeParse(await readable(join(path, 'report.json')));
  const facts = report.data?.study;
  return {
    ...{ study, file, begunAtMicros },
    title: facts?.title ?? null,
    question: facts?.question ?? null,
    points: facts?.points ?? null,
    runs: facts ? { wanted: facts.wanted, made: facts.made, failed: facts.failed } : null,
    faults: facts?.faults ?? null,
    passes: report.data?.passes ?? null,
    hasReport: existsSync(join(path, 'report.html')),
  };
}

/** A file of a folder that holds whatever somebody put there: what cannot be read is not there. */
const readable = (path: string) => readJson(path).catch(() => undefined);
