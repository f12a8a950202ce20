import { formatCount, formatMicros, formatShare } from '@faultline/stats';
import type { Cell, Column, Table } from '../figure';
import type { MachineUse } from '../machine-use';
import type { RunReportData } from '../report-data';
import { markup, type Markup } from './markup';

/** Rows of a listing that are shown at once; the others are one click away. */
const SHOWN_ROWS = 24;
/** More than these would make the page heavy; the data beside it has all. */
const MOST_ROWS = 1000;

/** What each device came to. */
export function devicesView({ devices }: RunReportData): Markup {
  if (devices.rows.length === 0) return markup`<p class="nothing">No device is known of this run.</p>`;
  return listing(devices, 'devices', 3);
}

/** How much of the time each worker and each lock was in use, and which of them limited the run. */
export function machineView({ table, bottleneck }: MachineUse): Markup {
  const sentence = bottleneck ?? 'nothing of it was used';
  return markup`<p>${heading(sentence)}.</p>${listing(table, 'workers and locks', 1)}<p class="caption">Shares of the model time from the first fault to the last. A server is in use while its group is handled, its waiting for the lock of an address space among that; the bottleneck is looked for without this waiting.</p>`;
}

/** A table of which so many columns, the first, are words. */
function listing({ columns, rows }: Table, ofWhat: string, words: number): Markup {
  const shown = listed({ columns, rows: rows.slice(0, SHOWN_ROWS) }, words);
  if (rows.length <= SHOWN_ROWS) return shown;
  const rest = rows.slice(SHOWN_ROWS, MOST_ROWS);
  const left = rows.length - SHOWN_ROWS - rest.length;
  return markup`${shown}<details class="more"><summary>${formatCount(rest.length)} more ${ofWhat}</summary>${listed({ columns, rows: rest }, words)}${
    left > 0
      ? markup`<p class="caption">${formatCount(left)} more are in the file beside this one that ends in .json.</p>`
      : null
  }</details>`;
}

function listed({ columns, rows }: Table, words: number): Markup {
  const kind = (place: number): string => (place < words ? '' : 'number');
  return markup`<div class="scroll"><table class="devices"><thead><tr>${columns.map(
    ({ name }, place) => markup`<th class="${kind(place)}">${heading(name)}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, place) => markup`<td class="${kind(place)}">${readable(cell, columns[place])}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** Percentiles keep their small letter. */
const heading = (name: string): string =>
  /^p\d/.test(name) ? name : name.charAt(0).toUpperCase() + name.slice(1);

function readable(cell: Cell, column: Column | undefined): string {
  if (cell === null) return '–';
  if (typeof cell === 'string') return cell;
  if (column?.unit === 'share') return formatShare(cell, 1);
  return column?.unit === 'µs' ? formatMicros(cell) : formatCount(cell);
}

/** The slowest faults, each with the command that shows all of it. */
export function slowestView({ slowest }: RunReportData): Markup {
  if (slowest.length === 0)
    return markup`<p class="nothing">No fault settled in this run, so none was slow.</p>`;
  return markup`<div class="scroll"><table class="slowest"><thead><tr><th class="number">Took</th><th>Longest stage</th><th>Device</th><th>PASID</th><th>Page</th><th>Answer</th><th>Show all of it</th></tr></thead><tbody>${slowest.map(
    ({ device, pasid, page, code, totalMicros, longest, command }) =>
      markup`<tr><td class="number">${formatMicros(totalMicros)}</td><td>${longest ? `${longest.stage}, ${formatMicros(longest.micros)}` : '–'}</td><td>${device}</td><td>${pasid}</td><td>${page}</td><td>${code}</td><td><code>${command}</code></td></tr>`,
  )}</tbody></table></div>`;
}
