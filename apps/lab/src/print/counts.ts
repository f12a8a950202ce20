import type { AuditReport } from '@faultline/audit';
import type { RunSummary } from '@faultline/record';
import type { TotalId, TotalRow } from '@faultline/report';
import { formatCount } from '@faultline/stats';

/** What a run amounts to, count by count. */
export function countRows(summary: RunSummary): TotalRow[] {
  const n = formatCount;
  const { accesses, audit } = summary;
  const stalls = (audit.eventsByKind['StallRecorded'] ?? 0) + (audit.eventsByKind['StallDeferred'] ?? 0);
  return [
    row(
      'accesses',
      'accesses',
      accesses.hit + accesses.completed + accesses.aborted + accesses.removed,
      `hit ${n(accesses.hit)}, completed after a fault ${n(accesses.completed)}, aborted ${n(accesses.aborted)}`,
    ),
    ...fewRows({ 'lost with their device': accesses.removed, withdrawn: accesses.withdrawn }),
    row(
      'pageRequests',
      'page requests',
      summary.pageRequests,
      `${n(Math.max(0, summary.pageRequests - stalls))} by PRI, ${n(stalls)} by stall; every round counts`,
    ),
    row('groups', 'groups', summary.groups, 'closed and put on an IOPF queue'),
    ...responseRows(audit),
    row('automaticAnswers', 'automatic answers', automaticAnswers(summary), 'given by an IOMMU itself'),
    row('overflows', 'overflows', summary.overflows, 'times a PRI or event queue was found full'),
    row(
      'dropped',
      'dropped',
      summary.pageRequestsDropped,
      `page requests not taken; partial lists lost ${n(summary.partialsDiscarded)}`,
    ),
    row('retries', 'retries', summary.retries, 'missed again after a response'),
    row('invalidations', 'invalidations', summary.pagesRemoved, 'pages taken away from IOTLB and ATC'),
    ...lifecycleRows(audit),
  ];
}

const row = (id: TotalId | null, what: string, count: number | null, detail: string): TotalRow => ({
  ...{ id, what, count, detail },
});

/** Groups answered after a worker's result, by code; and those answered without one, by why. */
function responseRows({ counts, eventsByKind }: AuditReport): TotalRow[] {
  const named = (name: string): number => counts[`groupResponded.${name}`] ?? 0;
  const codes = ['success', 'invalid', 'failure'].map(
    (code) => `${code.toUpperCase()} ${formatCount(named(code))}`,
  );
  const others = fewRows({
    'after a timeout': named('timeout'),
    'by force in a teardown': named('teardown'),
    'for a removal': named('removed'),
    'for another domain': named('replaced'),
  });
  return [row('responses', 'responses', eventsByKind['GroupResponded'] ?? 0, codes.join(', ')), ...others];
}

/** What a timeline brings about; no row for what did not happen. */
function lifecycleRows({ counts, eventsByKind }: AuditReport): TotalRow[] {
  const n = formatCount;
  const rows: TotalRow[] = [];
  const begun = eventsByKind['TeardownBegun'] ?? 0;
  if (begun > 0) {
    const forced = sumOf(counts, /^teardownStepped\..*\.expired$/);
    const detail = `drained ${n(eventsByKind['PasidDrained'] ?? 0)}; steps that took force ${n(forced)}`;
    rows.push(row('teardowns', 'teardowns', begun, detail));
  }
  const fenced = eventsByKind['DeviceFenced'] ?? 0;
  if (fenced > 0) {
    const [stop, invalidation, asked] = ['stop-timeout', 'invalidation-timeout', 'requested'].map((cause) =>
      n(counts[`deviceFenced.${cause}`] ?? 0),
    );
    const detail = `did not stop ${stop}, did not invalidate ${invalidation}, asked for ${asked}`;
    rows.push(row('deviceResets', 'device resets', fenced, detail));
  }
  const refused = eventsByKind['FaultRefused'] ?? 0;
  if (refused > 0)
    rows.push(
      row(
        'refusedFaults',
        'refused faults',
        refused,
        'nobody handles them: no binding, no handler or no queue',
      ),
    );
  return rows;
}

function sumOf(counts: Readonly<Record<string, number>>, name: RegExp): number {
  return Object.entries(counts).reduce((sum, [key, count]) => sum + (name.test(key) ? count : 0), 0);
}

/** Counts worth a word only when there are any, below the row they belong to: beside it a line would be too long. */
function fewRows(counts: Readonly<Record<string, number>>): TotalRow[] {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  if (some.length === 0) return [];
  return [row(null, '', null, some.map(([what, count]) => `${what} ${formatCount(count)}`).join(', '))];
}

function automaticAnswers(summary: RunSummary): number {
  const codes = Object.entries(summary.faultsByCode).filter(([code]) => code.startsWith('auto-'));
  return codes.reduce((sum, [, count]) => sum + count, 0);
}
