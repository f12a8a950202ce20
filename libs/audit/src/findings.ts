import { type Invariant, type InvariantReport, INVARIANT_TITLES, INVARIANTS, type Violation } from './report';

/** What is known of invariants that a log cannot show, or not wholly. */
const NOTES: Partial<Record<Invariant, string>> = {
  I7: 'a log shows what is written to page tables, not what caches serve; the tests watch that',
  I8: 'an audit folds no states; `faultline replay` does',
};

/** Collects what the checks found. Keeps the first violations of each invariant and counts the others. */
export class Findings {
  private readonly checks = Object.fromEntries(INVARIANTS.map((each) => [each, 0])) as Record<
    Invariant,
    number
  >;
  private readonly violations = new Map<Invariant, Violation[]>();
  private readonly violated = new Map<Invariant, number>();
  private readonly notes = new Map<Invariant, string>(Object.entries(NOTES) as [Invariant, string][]);

  constructor(
    private readonly keptPerInvariant: number,
    private readonly onViolation: (violation: Violation) => void = () => undefined,
  ) {}

  /** Something was looked at. */
  check(invariant: Invariant, times = 1): void {
    this.checks[invariant] += times;
  }

  /** Something was looked at and is wrong. */
  violate(invariant: Invariant, sequence: number, identity: string, sentence: string): void {
    const count = (this.violated.get(invariant) ?? 0) + 1;
    this.violated.set(invariant, count);
    this.onViolation({ invariant, sequence, identity, sentence });
    if (count > this.keptPerInvariant) return;
    const kept = this.violations.get(invariant) ?? [];
    kept.push({ invariant, sequence, identity, sentence });
    this.violations.set(invariant, kept);
  }

  /** Says what was not looked at. */
  note(invariant: Invariant, note: string): void {
    this.notes.set(invariant, note);
  }

  /** @param passing notes that hold now, and perhaps not later */
  reports(passing: Partial<Record<Invariant, string>> = {}): InvariantReport[] {
    return INVARIANTS.map((invariant) => {
      const checked = this.checks[invariant];
      const violated = this.violated.get(invariant) ?? 0;
      const note = passing[invariant] ?? this.notes.get(invariant);
      return {
        invariant,
        title: INVARIANT_TITLES[invariant],
        status: violated > 0 ? 'failed' : checked > 0 ? 'passed' : 'not-checked',
        checked,
        violated,
        violations: [...(this.violations.get(invariant) ?? [])],
        ...(note === undefined ? {} : { note }),
      };
    });
  }
}
