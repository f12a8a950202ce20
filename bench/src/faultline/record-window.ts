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
 * The figures of the windows of each name taken together, from the record that the run itself has written: accesses that ended in one,
 * from issue to end. The windows are in the order of their times.
 */
export async function windowsOfRecord<Name>(
  directory: string,
  windows: readonly Window<Name>[],
): Promise<ReadonlyMap<Name, WindowFigures>> {
  const latencies = new Map(windows.map(({ name }) => [name, new Histogram()]));
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
    windows.reduce(
      (sum, each) => (each.name === name ? sum + each.closedAtMicros - each.openedAtMicros : sum),
      0,
    ) / 1_000_000;
  return new Map([...latencies].map(([name, each]) => [name, figuresOf(each, secondsOf(name))]));
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
