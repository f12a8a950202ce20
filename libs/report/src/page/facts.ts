import { formatCount, formatMicros, type LatencySummary } from '@faultline/stats';
import type { LatencyRow, RunReportData } from '../report-data';
import { momentOf } from '../words';
import { markup, type Markup, type Part } from './markup';

/** A longer scenario is cut: the page is to stay small, and the file is beside it. */
const SCENARIO_LETTERS = 200_000;

/** Where, when and with what the run was made. */
export function factsView(data: RunReportData): Markup {
  const { run, log } = data;
  const facts: [string, Part][] = [
    ['Run', run.id],
    ['Scenario', scenarioWords(data)],
    ['Seed', run.seed ?? UNKNOWN],
    ['Started', run.startedAtMicros === null ? UNKNOWN : momentOf(run.startedAtMicros)],
    ['Length', run.lengthMicros === null ? UNKNOWN : `${formatMicros(run.lengthMicros)} of wall time`],
    ...originFacts(data),
    [
      'Log',
      `${formatCount(log.messages)} messages, ${formatCount(log.bytes)} bytes; ${log.durability ?? `durability ${UNKNOWN}`}`,
    ],
  ];
  return markup`${factList(facts)}
${scenarioView(data)}`;
}

const UNKNOWN = 'not recorded with this run';

/** Names and what they are. */
export const factList = (facts: readonly [string, Part][]): Markup =>
  markup`<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** On what machine, and with which program. */
export function originFacts(
  { machine, program }: Pick<RunReportData, 'machine' | 'program'>,
  unknown = UNKNOWN,
): [string, Part][] {
  return [
    ['Processor', machine ? `${machine.cpu}, ${formatCount(machine.cores)} cores` : unknown],
    ['Memory', machine ? `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB` : unknown],
    ['System', machine ? `${machine.os}, Node.js ${machine.node}` : unknown],
    [
      'Program',
      program
        ? `Faultline ${program.version}${program.commit === null ? '' : `, commit ${program.commit}`}`
        : unknown,
    ],
  ];
}

function scenarioWords({ run }: RunReportData): string {
  const profile = run.profile === null ? '' : `, profile ${run.profile}`;
  return `${run.scenario}${profile}`;
}

function scenarioView({ scenario }: RunReportData): Markup {
  if (!scenario) return markup`<p class="nothing">The scenario is not kept with this run.</p>`;
  return writtenView('The scenario as it was run', scenario, 'scenario.json');
}

/** Something that was written as a file, folded; `file` has all of it. */
export function writtenView(title: string, written: object, file: string): Markup {
  const text = JSON.stringify(written, null, 2);
  const isCut = text.length > SCENARIO_LETTERS;
  return markup`<details class="scenario"><summary>${title}</summary>${
    isCut ? markup`<p class="caption">Its beginning; all of it is in ${file}.</p>` : null
  }<pre>${isCut ? text.slice(0, SCENARIO_LETTERS) : text}</pre></details>`;
}

/** Each invariant, whether it holds, and what was not looked at. */
export function auditView({ audit: { atEnd, report } }: RunReportData): Markup {
  const words = { passed: 'holds', failed: 'broken', 'not-checked': 'not checked' } as const;
  const { first, heads, headsTo } = report.chain;
  const chain = first
    ? `The record is broken at sequence ${first.sequence}: ${first.sentence}`
    : heads > 0
      ? `The record is whole: its hash chain is that of ${formatCount(heads)} published heads, up to message ${formatCount(headsTo)}.`
      : 'The record is whole in itself.';
  return markup`<p class="caption">${atEnd ? 'Audited when the run ended.' : 'The run left no verdict: audited for this report, from the kept log.'} ${chain} <code>faultline audit</code> reads the record again, and holds it against the heads that were published of it.</p>
<div class="scroll"><table class="audit"><thead><tr><th>Invariant</th><th></th><th class="number">Checked</th></tr></thead><tbody>${report.invariants.map(
    (each) =>
      markup`<tr class="${each.status}"><td><b>${each.invariant}</b> ${each.title}${
        each.note === undefined ? null : markup`<small>${each.note}</small>`
      }${each.violations.slice(0, 5).map((one) => markup`<small class="bad">At ${one.sequence}, ${one.identity}: ${one.sentence}</small>`)}${
        each.violated > 5 ? markup`<small class="bad">${formatCount(each.violated - 5)} more</small>` : null
      }</td><td class="status">${words[each.status]}</td><td class="number">${each.checked > 0 ? formatCount(each.checked) : '–'}</td></tr>`,
  )}</tbody></table></div>`;
}

/** What the run amounts to, count by count. */
export function totalsView({ totals }: RunReportData): Markup {
  return markup`<div class="scroll"><table class="totals"><tbody>${totals.map(
    ({ what, count, detail }) =>
      markup`<tr><th>${what}</th><td class="number">${count === null ? '' : formatCount(count)}</td><td>${detail}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Percentiles of every stage, in wall time and, apart from it, in model time; nothing when no fault settled. */
export function latencyView({ latency, run: { timeScale } }: RunReportData): Part {
  if (latency.every(({ summary }) => summary.count === 0)) return null;
  const wall = latencyTable('Wall time', latency, 1);
  if (timeScale === null || timeScale === 1) return wall;
  return markup`${wall}${latencyTable(`Model time: wall time / ${formatCount(timeScale)}`, latency, timeScale)}`;
}

function latencyTable(title: string, rows: readonly LatencyRow[], scale: number): Markup {
  const cells = (summary: LatencySummary): string[] =>
    [
      summary.meanMicros,
      summary.p50Micros,
      summary.p90Micros,
      summary.p99Micros,
      summary.p999Micros,
      summary.maxMicros,
    ].map((micros) => (summary.count === 0 ? '–' : formatMicros(micros / scale)));
  return markup`<div class="scroll"><table class="latency"><caption>${title}</caption><thead><tr><th>Stage</th>${[
    'Faults',
    'Mean',
    'p50',
    'p90',
    'p99',
    'p99.9',
    'Max',
  ].map((name) => markup`<th class="number">${name}</th>`)}</tr></thead><tbody>${rows.map(
    ({ id, name, summary }) =>
      markup`<tr><th><i class="fill-${id === 'endToEnd' ? 'ink' : id}"></i>${name}</th><td class="number">${formatCount(summary.count)}</td>${cells(
        summary,
      ).map((cell) => markup`<td class="number">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}
