import type { LaboratoryInfo } from '@faultline/messaging';
import { formatCount, formatMicros } from '@faultline/stats';
import { formatTable } from './table';

/** Laboratories, one a line. */
export function laboratoryTable(labs: readonly LaboratoryInfo[], nowMillis: number, width: number): string[] {
  const right = { align: 'right' as const };
  const since = (millis: number): string => formatMicros(Math.max(0, nowMillis - millis) * 1_000);
  return formatTable(
    [
      { heading: 'laboratory' },
      { heading: 'streams', ...right },
      { heading: 'messages', ...right },
      { heading: 'bytes', ...right },
      { heading: 'copies', ...right },
      { heading: 'age', ...right },
      { heading: 'idle for', ...right },
      { heading: 'made by' },
    ],
    labs.map((lab) => [
      lab.lab,
      String(lab.streams.length),
      formatCount(lab.streams.reduce((sum, { messages }) => sum + messages, 0)),
      formatCount(lab.bytes),
      String(lab.replicas),
      since(lab.createdMillis),
      since(lab.lastActivityMillis),
      lab.madeBy === '' ? '-' : lab.madeBy,
    ]),
    width,
  );
}

/** The streams of one laboratory with what they hold. */
export function streamLines({ streams }: LaboratoryInfo): string[] {
  return formatTable(
    [{ heading: 'stream' }, { heading: 'messages', align: 'right' }, { heading: 'bytes', align: 'right' }],
    streams.map(({ name, messages, bytes }) => [name, formatCount(messages), formatCount(bytes)]),
  );
}
