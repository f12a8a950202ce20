import { segmentSchema } from '@faultline/contracts';
import { RecordReader } from '@faultline/record';
import { Histogram } from '@faultline/stats';
import { figuresOf, type WindowFigures } from '../support/closed-loop';

/** The figures of a window, from the record that the run itself has written: accesses that ended in it, from issue to end. */
export async function windowOfRecord(
  directory: string,
  openedAtMicros: number,
  closedAtMicros: number,
): Promise<WindowFigures> {
  const latencies = new Histogram();
  const reader = await RecordReader.open(directory);
  try {
    for await (const { message } of reader.messages()) {
      if (message.headers.schema !== segmentSchema.name) continue;
      for (const event of segmentSchema.decode(message.body)) {
        if (event.kind !== 'AccessEnded') continue;
        if (event.endedAtMicros < openedAtMicros || event.endedAtMicros >= closedAtMicros) continue;
        latencies.record(event.endedAtMicros - event.startedAtMicros);
      }
    }
  } finally {
    await reader.close();
  }
  return figuresOf(latencies, (closedAtMicros - openedAtMicros) / 1_000_000);
}
