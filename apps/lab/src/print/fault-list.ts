import type { FaultRow } from '@faultline/audit';
import { formatPermissions, NO_PASID } from '@faultline/domain';
import { formatMicros, formatPage } from '@faultline/stats';
import { formatTable } from './table';
import type { Names } from './timeline';

/** Faults, one a line. */
export function faultTable(rows: readonly FaultRow[], names: Names, width: number): string[] {
  const right = { align: 'right' as const };
  return formatTable(
    [
      { heading: 'id' },
      { heading: 'device' },
      { heading: 'PASID', ...right },
      { heading: 'page', ...right },
      { heading: 'perm' },
      { heading: 'answer' },
      { heading: 'settled' },
      { heading: 'queue wait', ...right },
      { heading: 'mm', ...right },
      { heading: 'end to end', ...right },
    ],
    rows.map((row) => [
      row.id,
      names.device(row.device),
      row.pasid === NO_PASID ? '-' : String(row.pasid),
      formatPage(row.page),
      formatPermissions(row.permissions),
      row.code,
      row.settlement ?? '-',
      stage(row.stages.queueWait),
      stage(row.stages.mm),
      stage(row.totalMicros),
    ]),
    width,
  );
}

function stage(micros: number | null): string {
  return micros === null ? '-' : formatMicros(micros);
}
