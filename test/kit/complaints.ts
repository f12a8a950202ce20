import { complaintsOf } from './audit-log';
import type { FinishedRun } from './virtual-run';

/** What the audit, the watch over accesses, the dead letters and the replay say against a run; empty for a run that is right. */
export function complaintsAbout({ laboratory, report, replayed }: Omit<FinishedRun, 'log'>): string[] {
  const { accesses, buried } = laboratory;
  const unequal = [...accesses.all.values()].filter(({ ends }) => ends.length !== 1);
  const { groups, requests, stalls, faults } = report.pending;
  return [
    ...complaintsOf(report).map((complaint) => `audit: ${complaint}`),
    ...(groups + requests + stalls + faults === 0
      ? []
      : [`audit: pending ${JSON.stringify(report.pending)}`]),
    ...accesses.complaints.map((complaint) => `watch: ${complaint}`),
    ...unequal.map(
      ({ device, access, ends }) => `watch: access ${device}/${access} ended ${ends.length} times`,
    ),
    ...Object.values(buried)
      .flat()
      .map((reason) => `dead letter: ${reason}`),
    ...replayed
      .filter(({ live, folded }) => live !== folded)
      .map(
        ({ unit, live, folded }) =>
          `replay: ${unit} is ${differing(live, folded)}, but folds to ${differing(folded, live)}`,
      ),
  ];
}

/** The part of a long text where it begins to differ from another. */
export function differing(text: string, other: string): string {
  let place = 0;
  while (place < text.length && text[place] === other[place]) place += 1;
  return `...${text.slice(Math.max(0, place - 120), place + 60)}...`;
}
