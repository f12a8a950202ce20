import type { Cell, Table } from './figure';
import type { RunReportData } from './report-data';

const HEAD = ['of', 'row', 'column', 'unit', 'value'];

/** Every number of a report, one a line: of which figure or table, at which row (its first column), which column, unit, value. */
export function reportCsv(data: RunReportData): string {
  const tables: [string, Table][] = [
    ...data.figures.map((figure): [string, Table] => [figure.id, figure]),
    ['latency', latencyTable(data)],
    ['devices', data.devices],
    ...(data.use ? [['machine', data.use.table] satisfies [string, Table]] : []),
    ['slowest', slowestTable(data)],
    ['totals', totalsTable(data)],
  ];
  return csvOf([HEAD, ...tables.flatMap(([name, table]) => linesOf(name, table))]);
}

/** Lines of cells, as RFC 4180 has them. */
export function csvOf(lines: readonly (readonly Cell[])[]): string {
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

function linesOf(name: string, { columns, rows }: Table): Cell[][] {
  return rows.flatMap(([key = null, ...cells]) =>
    cells.map((cell, place) => {
      const column = columns[place + 1];
      return [name, key, column?.name ?? null, column?.unit ?? null, cell];
    }),
  );
}

const micros = (name: string) => ({ name, unit: 'µs' });
const plain = (name: string) => ({ name, unit: '' });

function latencyTable({ latency }: RunReportData): Table {
  const columns = [
    ...[plain('stage'), plain('faults')],
    ...['mean', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'].map(micros),
  ];
  const rows = latency.map(({ name, summary: of }) => [
    ...[name, of.count, of.meanMicros, of.minMicros, of.p50Micros, of.p90Micros],
    ...[of.p99Micros, of.p999Micros, of.maxMicros],
  ]);
  return { columns, rows };
}

function slowestTable({ slowest }: RunReportData): Table {
  return {
    columns: [plain('fault'), plain('device'), micros('end to end')],
    rows: slowest.map(({ id, device, totalMicros }) => [id, device, totalMicros]),
  };
}

function totalsTable({ totals }: RunReportData): Table {
  return {
    columns: [plain('what'), plain('count')],
    rows: totals.filter(({ what }) => what !== '').map(({ what, count }) => [what, count]),
  };
}

/** As RFC 4180 has it. A text that a spreadsheet would take for a formula is none for it. */
function quoted(cell: Cell): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
