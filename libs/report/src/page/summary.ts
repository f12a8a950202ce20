import type { AuditReport } from '@faultline/audit';
import { formatCount, formatMicros, formatRate, formatShare, type LatencySummary } from '@faultline/stats';
import type { Table } from '../figure';
import type { RunReportData } from '../report-data';
import { END_WORDS, UNDRAINED_WORDS, unsettledWords } from '../run-words';
import { momentOf, sentenceOf, several } from '../words';
import { markup, type Markup, type Part } from './markup';
import { type Tile, tilesView } from './tiles';

/** Title, verdict, the run in two sentences, and its first figures. */
export function summaryView(data: RunReportData): Markup {
  const { run, audit } = data;
  const started = run.startedAtMicros === null ? '' : ` · ${momentOf(run.startedAtMicros)}`;
  return markup`
<header>
<p class="eyebrow">Faultline · report of a run</p>
<h1>${run.scenario}</h1>
<p class="sub">run ${run.id}${started} · ${END_WORDS[run.end]}</p>
<p class="verdict ${audit.report.clean ? 'good' : 'bad'}">${verdictWords(audit.report)}</p>
</header>
${warnings(data)}
<p class="lead">${lead(data)}</p>
${tiles(data)}`;
}

/** One line: whether the record holds what it should. */
function verdictWords({ clean, invariants, events }: AuditReport): string {
  const count = (status: string): number => invariants.filter((each) => each.status === status).length;
  const checked = `${count('passed')} invariants hold, ${count('not-checked')} not checked`;
  const over = `over ${formatCount(events)} events`;
  return clean
    ? `Audit passed: ${checked}, ${over}`
    : `Audit failed: ${count('failed')} broken, ${checked}, ${over}`;
}

function warnings({ run, faults }: RunReportData): Part {
  const lines: string[] = [];
  if (run.end !== 'finished')
    lines.push(`This run is not a whole one: ${END_WORDS[run.end]}. What follows is what it came to.`);
  if (run.drained === false) lines.push(sentenceOf(UNDRAINED_WORDS));
  const open = faults.sent - faults.settled;
  if (open > 0) lines.push(sentenceOf(unsettledWords(open)));
  return lines.map((line) => markup`<p class="warning">${line}</p>`);
}

/** How many devices sent the faults, and of how many, when others sent none. */
function devicesWords({ columns, rows }: Table): string {
  const faults = columns.findIndex(({ name }) => name === 'faults');
  const sent = rows.filter((row) => Number(row[faults]) > 0).length;
  const all = several(rows.length, 'device');
  return sent === rows.length ? all : `${formatCount(sent)} of ${all}`;
}

const wholeOf = ({ latency }: RunReportData): LatencySummary | undefined =>
  latency.find(({ id }) => id === 'endToEnd')?.summary;

function lead(data: RunReportData): string {
  const { faults, latency, devices } = data;
  const all = wholeOf(data);
  if (!all || all.count === 0)
    return faults.sent === 0
      ? 'No device of this run missed a translation: there was no fault to report.'
      : `${several(faults.sent, 'fault')} sent, and none settled.`;
  if (all.count === 1) return `1 fault settled. It took ${formatMicros(all.maxMicros)} of wall time.`;
  const stages = latency
    .filter(({ id }) => id !== 'endToEnd')
    .map(({ name, summary }) => ({ name, micros: summary.meanMicros * summary.count }));
  const longest = stages.reduce((most, each) => (each.micros > most.micros ? each : most), {
    name: '',
    micros: -1,
  });
  const whole = all.meanMicros * all.count;
  const who = devicesWords(devices);
  return `${several(all.count, 'fault')} of ${who} settled in ${formatMicros(faults.activeMicros)} of wall time. Half of them took no more than ${formatMicros(all.p50Micros)}, 99 in 100 no more than ${formatMicros(all.p99Micros)}. The largest part of the time, ${formatShare(longest.micros, whole)}, went into ${longest.name}.`;
}

function tiles(data: RunReportData): Markup {
  const { faults, run } = data;
  const all = wholeOf(data);
  const time = (micros: number | undefined): string =>
    all && all.count > 0 && micros !== undefined ? formatMicros(micros) : '–';
  const shown: Tile[] = [
    ['Faults', formatCount(faults.sent), `${formatCount(faults.settled)} settled`],
    ['Throughput', faults.settled > 0 ? formatRate(faults.settledPerSecond) : '–', 'settled, wall time'],
    ['Median', time(all?.p50Micros), 'end to end, wall time'],
    ['p99', time(all?.p99Micros), 'end to end, wall time'],
    ['Longest', time(all?.maxMicros), 'end to end, wall time'],
    ['Time scale', run.timeScale === null ? '–' : formatCount(run.timeScale), 'wall / model time'],
  ];
  return tilesView(shown);
}
