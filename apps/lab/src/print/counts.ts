import type { RunSummary } from '@faultline/record';
import { formatCount } from './units';

/** What a run amounts to, as rows of subject, count and detail. */
export function countRows(summary: RunSummary): [what: string, count: string, detail: string][] {
  const n = formatCount;
  const { accesses, audit } = summary;
  const named = (name: string): number => audit.counts[name] ?? 0;
  const stalls = (audit.eventsByKind['StallRecorded'] ?? 0) + (audit.eventsByKind['StallDeferred'] ?? 0);
  const responses = {
    SUCCESS: named('groupResponded.success'),
    INVALID: named('groupResponded.invalid'),
    FAILURE: named('groupResponded.failure'),
  };
  const byCode = Object.entries(responses).map(([code, count]) => `${code} ${n(count)}`);
  return [
    [
      'accesses',
      n(accesses.hit + accesses.completed + accesses.aborted),
      `hit ${n(accesses.hit)}, completed after a fault ${n(accesses.completed)}, aborted ${n(accesses.aborted)}`,
    ],
    [
      'page requests',
      n(summary.pageRequests),
      `${n(Math.max(0, summary.pageRequests - stalls))} by PRI, ${n(stalls)} by stall; every round counts`,
    ],
    ['groups', n(summary.groups), 'closed and put on an IOPF queue'],
    ['responses', n(Object.values(responses).reduce((sum, count) => sum + count, 0)), byCode.join(', ')],
    ['automatic answers', n(automaticAnswers(summary)), 'given by an IOMMU itself'],
    ['overflows', n(summary.overflows), 'times a PRI or event queue was found full'],
    [
      'dropped',
      n(summary.pageRequestsDropped),
      `page requests not taken; partial lists lost ${n(summary.partialsDiscarded)}`,
    ],
    ['retries', n(summary.retries), 'missed again after a response'],
    ['invalidations', n(summary.pagesRemoved), 'pages taken away from IOTLB and ATC'],
  ];
}

function automaticAnswers(summary: RunSummary): number {
  const codes = Object.entries(summary.faultsByCode).filter(([code]) => code.startsWith('auto-'));
  return codes.reduce((sum, [, count]) => sum + count, 0);
}
