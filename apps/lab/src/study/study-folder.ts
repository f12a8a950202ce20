import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { POINT_FORMAT, type PointRun, runFile } from '@faultline/study';
import { BadInput } from '../errors';
import { nowMicros } from '@faultline/messaging';
import type { Origin } from '../report/origin';
import type { StudySource } from './study-source';

const HEAD: StudyHead['format'] = 'faultline-study-head/1';

/** What is known of a study when it begins. */
export interface StudyHead extends Origin {
  format: 'faultline-study-head/1';
  file: string;
  digest: string;
  begunAtMicros: number;
}

/** What is kept of one study: what it asks, one file for each run that was made, and its report. */
export class StudyFolder {
  private constructor(readonly path: string) {}

  /** Makes the folder of a new study. File system errors name the path that could not be made. */
  static create(studies: string, id: string, source: StudySource, origin: Origin): StudyFolder {
    const folder = new StudyFolder(resolve(studies, id));
    mkdirSync(folder.runs, { recursive: true });
    const { file, digest, text, scenarioText } = source;
    writeFileSync(join(folder.path, 'study.yaml'), text);
    writeFileSync(join(folder.path, 'scenario.yaml'), scenarioText);
    folder.write('head.json', {
      format: HEAD,
      file,
      digest,
      begunAtMicros: nowMicros(),
      ...origin,
    } satisfies StudyHead);
    return folder;
  }

  /** The newest folder of the same study, by the same version. Throws {@link BadInput} when there is none. */
  static resumable(studies: string, { study, digest }: StudySource): StudyFolder {
    const ids = existsSync(studies)
      ? readdirSync(studies).filter((id) => id.startsWith(`${study.name}-`))
      : [];
    for (const id of ids.sort().reverse()) {
      const folder = new StudyFolder(resolve(studies, id));
      if (folder.read<StudyHead>('head.json', HEAD)?.digest === digest) return folder;
    }
    throw new BadInput(
      `nothing to resume of study '${study.name}' under ${studies}: expected a folder of it, begun with the same file, settings and version`,
    );
  }

  get id(): string {
    return this.path.split(sep).at(-1) ?? this.path;
  }
  get runs(): string {
    return join(this.path, 'runs');
  }
  /** Where folders of live runs are kept. */
  get live(): string {
    return join(this.path, 'live');
  }
  get report(): string {
    return join(this.path, 'report.html');
  }

  /** Throws {@link BadInput} when it is not there. */
  get head(): StudyHead {
    const head = this.read<StudyHead>('head.json', HEAD);
    if (head) return head;
    throw new BadInput(`${this.path} has no head.json of this version: it is no folder of a study`);
  }

  /** Runs that were made, those of another format left out. */
  finished(): PointRun[] {
    return readdirSync(this.runs).flatMap(
      (file) => this.read<PointRun>(join('runs', file), POINT_FORMAT) ?? [],
    );
  }

  /** Keeps a run. It is there as a whole or not at all, whenever the program is stopped. */
  keep(run: PointRun): void {
    this.write(join('runs', runFile(run)), run);
  }

  private write(name: string, value: unknown): void {
    const path = join(this.path, name);
    writeFileSync(`${path}.part`, `${JSON.stringify(value)}\n`);
    renameSync(`${path}.part`, path);
  }

  private read<T extends { format: string }>(name: string, format: string): T | undefined {
    const path = join(this.path, name);
    if (!path.endsWith('.json') || !existsSync(path)) return undefined;
    try {
      const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<T> | null;
      return value?.format === format ? (value as T) : undefined;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new BadInput(
        `${path} is damaged (${error.message}): remove it, and --resume makes that run again`,
        {
          cause: error,
        },
      );
    }
  }
}
