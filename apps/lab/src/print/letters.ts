import type { KeptLetter } from '@faultline/messaging';
import { formatCount, formatInstant } from '@faultline/stats';
import { formatTable, indent } from './table';

/** Bytes of a hexadecimal line, and lines that are shown. */
const BYTES_PER_LINE = 16;
const MOST_LINES = 64;
const MOST_RECORDS = 20;

/** Dead letters of a laboratory, one a line; where they come from without its name, which leaves room for the reason. */
export function letterTable(letters: readonly KeptLetter[], lab: string, width: number): string[] {
  const right = { align: 'right' as const };
  return formatTable(
    [
      { heading: 'letter', ...right },
      { heading: 'time (UTC)' },
      { heading: 'unit' },
      { heading: 'from' },
      { heading: 'bytes', ...right },
      { heading: 'replayed' },
      { heading: 'reason' },
    ],
    letters.map(({ letter, atMillis, unit, subject, length, replayed, reason }) => [
      String(letter),
      formatInstant(atMillis * 1_000).slice(0, 19),
      unit,
      subject.startsWith(`${lab}.`) ? subject.slice(lab.length + 1) : subject,
      formatCount(length),
      replayed ? 'yes' : '-',
      reason,
    ]),
    width,
  );
}

/** One dead letter with everything that is known of it; `records` is what can be read of its body. */
export function letterLines(letter: KeptLetter, records: readonly object[]): string[] {
  const { atMillis, unit, subject, sequence, length, body, replayed, reason } = letter;
  const rows = [
    ['letter', String(letter.letter)],
    ['time', `${formatInstant(atMillis * 1_000)} UTC`],
    ['found by', unit],
    ['from', sequence === undefined ? subject : `${subject}, message ${sequence} of the log`],
    ['reason', reason],
    [
      'bytes',
      `${formatCount(length)}${body.length < length ? `, of which ${formatCount(body.length)} are kept` : ''}`,
    ],
  ];
  if (replayed)
    rows.push(['replayed', `${formatInstant(replayed.atMillis * 1_000)} UTC: ${replayed.outcome}`]);
  return [
    ...formatTable([{ heading: '' }, { heading: '' }], rows),
    '',
    ...hexLines(body),
    '',
    records.length === 0
      ? 'no record of it can be read'
      : `what can be read of it (${records.length} records)`,
    ...indent(records.slice(0, MOST_RECORDS).map((record) => JSON.stringify(record))),
    ...(records.length > MOST_RECORDS ? [`  and ${records.length - MOST_RECORDS} more`] : []),
  ];
}

/** `00000010  66 61 75 6c 74 ...  fault...` */
function hexLines(body: Uint8Array): string[] {
  const lines: string[] = [];
  for (let start = 0; start < body.length && lines.length < MOST_LINES; start += BYTES_PER_LINE) {
    const bytes = [...body.subarray(start, start + BYTES_PER_LINE)];
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = bytes
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(`${start.toString(16).padStart(8, '0')}  ${hex.padEnd(BYTES_PER_LINE * 3 - 1)}  ${text}`);
  }
  const left = body.length - lines.length * BYTES_PER_LINE;
  return left > 0 ? [...lines, `and ${formatCount(left)} bytes more`] : lines;
}
