import { FaultQueries, Projections, RecordMissing, RecordReader } from '@faultline/record';
import type { RunFolder } from './run/run-folder';

/** The faults of a run, and the record they come from. */
export interface FaultSource {
  queries: FaultQueries;
  reader: RecordReader;
  close(): Promise<void>;
}

/** Opens the faults of a run. The tables they are asked of are built first when they are missing or behind the record. */
export async function openFaults(folder: RunFolder): Promise<FaultSource> {
  const reader = await RecordReader.open(folder.path);
  try {
    const { position } = await reader.head();
    if ((await projectedTo(folder)) < position) await project(folder, reader);
    const queries = await FaultQueries.open(folder.path);
    return {
      queries,
      reader,
      close: async () => {
        await queries.close();
        await reader.close();
      },
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function projectedTo(folder: RunFolder): Promise<number> {
  try {
    const queries = await FaultQueries.open(folder.path);
    const position = await queries.position();
    await queries.close();
    return position;
  } catch (error) {
    if (error instanceof RecordMissing) return -1;
    throw error;
  }
}

async function project(folder: RunFolder, reader: RecordReader): Promise<void> {
  const projections = await Projections.open(folder.path);
  await projections.project(reader).finally(() => projections.close());
}
