import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderStudy, studyCsv, studyReport, type StudyReportData } from '@faultline/report';
import type { StudyResult } from '@faultline/study';
import { pageParts } from '../report/write-report';
import type { StudyFolder } from './study-folder';

/** Writes the report of a study: a page that needs nothing else, and beside it its numbers as JSON and as CSV. */
export function writeStudyReport(
  folder: StudyFolder,
  result: StudyResult,
): { data: StudyReportData; page: string } {
  const { file, begunAtMicros, program, machine } = folder.head;
  const origin = { id: folder.id, file, startedAtMicros: begunAtMicros, program, machine };
  const data = studyReport(result, origin);
  const write = (kind: string, text: string): void =>
    writeFileSync(join(folder.path, `report.${kind}`), text);
  write('json', `${JSON.stringify(data, null, 1)}\n`);
  write('csv', studyCsv(data));
  write('html', renderStudy(data, pageParts()));
  return { data, page: folder.report };
}
