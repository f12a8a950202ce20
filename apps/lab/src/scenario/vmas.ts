import { type ResolvedVma, type Scenario, ScenarioError } from '@faultline/contracts';
import { MAX_PAGE, parsePermissions, Permission, type Permissions } from '@faultline/domain';
import type { ScenarioSource } from './scenario-source';

type WrittenVma = Exclude<Scenario['processes'][number]['vmas'], string>[number];

/** Areas as they are written. Throws {@link ScenarioError} for those that overlap or mean nothing. */
export function checkedVmas(
  written: readonly WrittenVma[],
  path: readonly (string | number)[],
  source: ScenarioSource,
): ResolvedVma[] {
  const resolved = written.map((vma, index) => {
    checkPages(vma.startPage, vma.startPage + vma.pages, [...path, index, 'startPage'], source);
    const permissions = parsePermissions(vma.permissions) ?? 0;
    checkReadable(permissions, [...path, index, 'permissions'], source);
    return { ...vma, permissions, index };
  });
  const sorted = [...resolved].sort((a, b) => a.startPage - b.startPage);
  sorted.forEach((vma, place) => {
    const before = sorted[place - 1];
    if (!before || before.startPage + before.pages <= vma.startPage) return;
    throw new ScenarioError(
      source.file,
      source.lineOf([...path, Math.max(before.index, vma.index)]),
      `an area from page ${vma.startPage} that overlaps the one from page ${before.startPage}`,
      'areas apart from each other',
    );
  });
  return resolved.map(({ index: _index, ...vma }) => vma);
}

export function checkPages(
  start: number,
  end: number,
  path: readonly (string | number)[],
  source: ScenarioSource,
): void {
  if (end - 1 <= MAX_PAGE) return;
  throw new ScenarioError(
    source.file,
    source.lineOf(path),
    `pages ${start} to ${end - 1}`,
    `page numbers of at most 52 bits (${MAX_PAGE})`,
  );
}

/** A device that asked for such a page would get a response, miss again, and never come to an end. */
export function checkReadable(
  permissions: Permissions,
  path: readonly (string | number)[],
  source: ScenarioSource,
): void {
  if ((permissions & Permission.EXECUTE) === 0 || (permissions & Permission.READ) !== 0) return;
  const expected = 'one that is readable too: a translation cannot express execute-only pages (R5)';
  throw new ScenarioError(source.file, source.lineOf(path), 'an execute-only area', expected);
}
