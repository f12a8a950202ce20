import { segmentSchema } from '@faultline/contracts';
import { RecordReader } from '@faultline/record';
import { Histogram } from '@faultline/stats';
import { figuresOf, type WindowFigures } from '../support/closed-loop';

/** A part of a run that counts, in wall time. */
export interface Window {
  openedAtMicros: number;
  closedAtMicros: number;
}

/**
 * The figures of some windows taken together, in their order, from the record that the run itself has written: accesses that ended in
 * one, from issue to end.
 */
export async function windowsOfRecord(directory: string, windows: readonly Window[]): Promise<WindowFigures> {
  const latencies = new Histogram();
  const reader = await RecordReader.open(directory);
  try {
    for await (const { message } of reader.messages()) {
      if (message.headers.schema !== segmentSchema.name) continue;
      for (const event of segmentSchema.decode(message.body)) {
        if (event.kind !== 'AccessEnded') continue;
        if (windowAt(windows, event.endedAtMicros))
          latencies.record(event.endedAtMicros - event.startedAtMicros);
      }
    }
  } finally {
    await reader.close();
  }
  const micros = windows.reduce((sum, each) => sum + each.closedAtMicros - each.openedAtMicros, 0);
  return figuresOf(latencies, micros / 1_000_000);
}

/** The window that the instant is in. There may be some hundred, and an instant is looked up for each fault. */
function windowAt(windows: readonly Window[], atMicros: number): Window | undefined {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle]?.closedAtMicros ?? 0) <= atMicros) low = middle + 1;
    else high = middle;
  }
  const window = windows[low];
  return window && window.openedAtMicros <= atMicros ? window : undefined;
}
