import { formatMicros, formatRate } from '@faultline/stats';
import type { Cell } from '../../figure';
import { tableView } from '../../page/figure-view';
import { markup, type Markup, type Part } from '../../page/markup';
import { several } from '../../words';
import { DIFFERENCE_WORDS } from '../differences';
import { INTERVAL } from '../names';
import type { StudyReportData } from '../study-data';

/** How far the simulation of each point is from its live run, stage by stage. */
export function differencesView({ differences }: StudyReportData): Part {
  const { rows, apart } = differences;
  const points = [...new Set(rows.map(([point]) => point ?? ''))];
  const figures = [...new Set(rows.map(([, figure]) => figure ?? ''))];
  const left =
    apart.length > 0
      ? markup`<p class="warning">${several(apart.length, 'point')} of which live runs are in wall time and simulations in model time: these are never compared.</p>`
      : null;
  if (points.length === 0)
    return [left, markup`<p class="nothing">No point has both a live and a simulated run to compare.</p>`];
  const cell = (point: Cell, figure: Cell): Markup =>
    cellView(rows.find((row) => row[0] === point && row[1] === figure) ?? []);
  return markup`${left}<p class="caption">Simulated less live, in model time: the difference of the means, how far the ends of its ${INTERVAL} are from it, and whether simulated is higher, lower, or within the noise. Within <b>noise</b> does not say that both are the same: the interval says how large a difference may have been missed.</p>
<div class="scroll"><table class="differences"><thead><tr><th>Point</th>${figures.map(
    (figure) => markup`<th class="number">${figure}</th>`,
  )}</tr></thead><tbody>${points.map(
    (point) => markup`<tr><th>${point}</th>${figures.map((figure) => cell(point, figure))}</tr>`,
  )}</tbody></table></div>
<details class="numbers"><summary>The numbers behind these differences</summary>${tableView(differences)}</details>`;
}

/** The difference, how far the ends of its interval are from it, and what that says. */
function cellView(row: readonly Cell[]): Markup {
  const [, , unit, , , difference, low, high, change, verdict] = row;
  if (typeof difference !== 'number') return markup`<td class="number">–</td>`;
  const size = (value: number): string => (unit === '1/s' ? formatRate(value) : formatMicros(value));
  const within = typeof low === 'number' && typeof high === 'number' ? `± ${size((high - low) / 2)}` : null;
  const percent = typeof change === 'number' ? `${percentWords(change)}\u00a0%, ` : '';
  const differs = verdict === DIFFERENCE_WORDS.higher || verdict === DIFFERENCE_WORDS.lower;
  return markup`<td class="number${differs ? ' differs' : ''}">${signOf(difference)}${size(Math.abs(difference))}<small>${within}</small><small class="status">${percent}${SHORT[String(verdict)] ?? verdict ?? ''}</small></td>`;
}

const SHORT: Readonly<Record<string, string>> = {
  [DIFFERENCE_WORDS.higher]: 'higher',
  [DIFFERENCE_WORDS.lower]: 'lower',
  [DIFFERENCE_WORDS['within-noise']]: 'noise',
  [DIFFERENCE_WORDS.unknown]: 'not known',
};

const signOf = (value: number): string => (value < 0 ? '−' : value > 0 ? '+' : '');
function percentWords(value: number): string {
  const words = Math.abs(value).toFixed(Math.abs(value) < 9.95 ? 1 : 0);
  return `${Number(words) === 0 ? '' : signOf(value)}${words}`;
}
