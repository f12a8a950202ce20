import { formatCount, formatMicros } from '@faultline/stats';
import type { Cell, Column, Table } from '../figure';
import type { RunReportData } from '../report-data';
import { markup, type Markup } from './markup';

/** Devices that are shown at once; the others are one click away. */
const SHOWN_DEVICES = 24;
/** More than these would make the page heavy; the data beside it has all. */
const MOST_DEVICES = 1000;
const WORDS = 3;

/** What each device came to. */
export function devicesView({ devices }: RunReportData): Markup {
  const { columns, rows } = devices;
  if (rows.length === 0) return markup`<p class="nothing">No device is known of this run.</p>`;
  const shown = deviceTable({ columns, rows: rows.slice(0, SHOWN_DEVICES) });
  if (rows.length <= SHOWN_DEVICES) return shown;
  const rest = rows.slice(SHOWN_DEVICES, MOST_DEVICES);
  const left = rows.length - SHOWN_DEVICES - rest.length;
  return markup`${shown}<details class="more"><summary>${formatCount(rest.length)} more devices</summary>${deviceTable({ columns, rows: rest })}${
    left > 0
      ? markup`<p class="caption">${formatCount(left)} more are in the file beside this one that ends in .json.</p>`
      : null
  }</details>`;
}

function deviceTable({ columns, rows }: Table): Markup {
  const kind = (place: number): string => (place < WORDS ? '' : 'number');
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
