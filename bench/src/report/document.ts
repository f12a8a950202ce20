import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Machine, machineLines } from './machine';
import { alignedTable, markdownTable } from './table';
import type { Section } from './sections';

/** How a round is made: printed with the figures, because they mean nothing without it. */
export const METHOD = [
  'Systems take turns in every round, forwards in one and backwards in the next, so that a noisy machine, and what the one before left behind, hits all alike; figures are medians over the rounds.',
  'A closed loop keeps the number of outstanding faults in flight. Faults that end in a window of time after a warm-up count, each from issue to end.',
  '(a) is the real services with the audit record on, profile none: one run of fresh processes a round, start-up and warm-up not counted, figures from its record.',
  '(b) and (c) are four processes that live over all rounds. (b) makes the same hops with ClientNats.send, one JSON message a fault, without logic and without a log.',
  'Cost of observation: a run of (a) in which the services observe nothing, count for metrics, and trace, in turns of a second and a half, forwards and backwards, without snapshots. Processes of the same code differ by some percent from each other, so each is held against itself, and fresh ones take their place in each repetition.',
  'Of (m) each service shows its metrics at a door, through which they are read every 5 s of its turns, as often as the Prometheus of the profile observe does.',
  'Of (t) one fault in a hundred is traced, and the spans are exported to a server that takes them and throws them away.',
  '(c) uses the codec, batches, fenced appends and consumers of (a), on the same subjects, without logic and without the record.',
  '(d) and (e) run in one process each. (e) is the simulator with its audit: the units of the services on a virtual clock, by processor time.',
  'CPU is what the kernel counted in the window; the NATS server is shared and counts in each.',
];

const READING = `## How to read it

Only ratios of one run compare: machines differ, and the same machine differs from hour to hour. *Spread* is (max - min) / median
over the rounds; a difference smaller than it means nothing. *Cores busy* is processor time by wall time over all processes of a
system, the NATS server included: where it reaches the cores of the machine, the machine is the limit, and *CPU us/fault* says
what each fault costs. *Faults per CPU* compares these costs: where the processor is the limit it is the ratio of speeds, and other
work on the machine hardly changes it. Latency in a closed loop is outstanding faults by throughput: it says how long a full path takes, not how
fast an idle one answers.`;

export function printedSections(sections: readonly Section[]): string {
  return sections
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, head, rows }) => `${title}\n\n${alignedTable(head, rows)}`)
    .join('\n\n');
}

export function performancePage(machine: Machine, sections: readonly Section[]): string {
  const tables = sections
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, head, rows }) => `## ${title}\n\n${markdownTable(head, rows)}`);
  return (
    [
      '# Performance',
      'Written by `npm run bench -- --write-docs`; do not edit.',
      machineLines(machine)
        .map((line) => `- ${line}`)
        .join('\n'),
      ...tables,
      READING,
      `## How it was measured\n\n${METHOD.map((line) => `- ${line}`).join('\n')}`,
    ].join('\n\n') + '\n'
  );
}

/** Writes bench/results/<date>.json and returns its path. */
export function writeResults(root: string, date: string, results: unknown): string {
  const path = join(root, 'bench/results', `${date.slice(0, 19).replaceAll(':', '-')}.json`);
  return writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
}

export function writePage(root: string, page: string): string {
  return writeFile(join(root, 'docs/reference/performance.md'), page);
}

function writeFile(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
