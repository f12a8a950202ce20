import { segmentSchema } from '@faultline/contracts';
import { RecordReader } from '@faultline/record';
import { Histogram } from '@faultline/stats';
import { figuresOf, type WindowFigures } from '../support/closed-loop';

/** A part of a run that counts for something, in wall time. */
export interface Window<Name> {
  name: Name;
  openedAtMicros: number;
  closedAtMicros: number;
}

/**
 * The figures of the windows of each of these names taken together, from the record that the run itself has written: accesses that ended
 * in one, from issue to end. The windows are in the order of their times.
 */
export async function windowsOfRecord<Name extends string>(
  directory: string,
  windows: readonly Window<Name>[],
  names: readonly Name[],
): Promise<Record<Name, WindowFigures>> {
  const latencies = new Map(names.map((name) => [name, new Histogram()]));
  const reader = await RecordReader.open(directory);
  try {
    for await (const { message } of reader.messages()) {
      if (message.headers.schema !== segmentSchema.name) continue;
      for (const event of segmentSchema.decode(message.body)) {
        if (event.kind !== 'AccessEnded') continue;
        const window = windowAt(windows, event.endedAtMicros);
        if (window) latencies.get(window.name)?.record(event.endedAtMicros - event.startedAtMicros);
      }
    }
  } finally {
    await reader.close();
  }
  const secondsOf = (name: Name): number =>
    windows
      .filter((window) => window.name === name)
      .reduce((sum, { openedAtMicros, closedAtMicros }) => sum + closedAtMicros - openedAtMicros, 0) /
    1_000_000;
  const figures = [...latencies].map(([name, each]) => [name, figuresOf(each, secondsOf(name))] as const);
  return Object.fromEntries(figures) as Record<Name, WindowFigures>;
}

/** The window that the instant is in. There may be some hundred, and an instant is looked up for each fault. */
function windowAt<Name>(windows: readonly Window<Name>[], atMicros: number): Window<Name> | undefined {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle]?.closedAtMicros ?? 0) <= atMicros) low = middle + 1;
    else high = middle;
  }
  const window = windows[low];
  return window && window.openedAtMicros <= atMicros ? window : undefined;
}
