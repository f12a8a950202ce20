import { Auditor, type AuditReport, totalsOf } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';

/** Audits a whole log. All clocks of a laboratory in one process are the same, so no instant may be before its cause. */
export function auditLog(log: readonly LogMessage[], scenario: ResolvedScenario): AuditReport {
  const auditor = new Auditor({
    totals: totalsOf(scenario),
    clockToleranceMicros: 0,
  });
  for (const message of log) auditor.observe(message);
  return auditor.verdict();
}

/** What the audit complains of, a line each; empty when it passes. */
export function complaintsOf(report: AuditReport): string[] {
  return report.invariants.flatMap(({ invariant, violations }) =>
    violations.map(
      ({ sequence, identity, sentence }) => `${invariant} at ${sequence}: ${identity}: ${sentence}`,
    ),
  );
}
