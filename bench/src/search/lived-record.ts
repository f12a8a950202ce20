import type { LoggedMessage } from '@faultline/audit';
import { Projections, RecordReader, RecordWriter, RunFolder, summarise } from '@faultline/record';
import { simulationPlatform } from '@faultline/runtime';
import { simulate } from '@faultline/simulation';
import { quickstartTopology } from '../simulator/topology';

/** Messages that wait for the disk before the simulation does. */
const MOST_WAITING = 8_192;

/** What it took to make a record. */
export interface LivedRecord {
  faults: number;
  messages: number;
}

/**
 * Makes the folder of a run of so many faults as the command line leaves it: with its record, its tables and its summary. The faults are
 * simulated, so that units can be folded, and the record audited.
 */
export async function writeLivedRecord(path: string, faults: number): Promise<LivedRecord> {
  const folder = new RunFolder(path);
  const writer = await RecordWriter.open(path);
  const scenario = quickstartTopology(faults);
  let waiting: LoggedMessage[] = [];
  const write = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    await writer.append(batch);
  };
  const result = await simulate(
    scenario,
    {
      ...simulationPlatform,
      breathe: () => (waiting.length >= MOST_WAITING ? write() : simulationPlatform.breathe()),
    },
    { onlooker: { stored: (message) => void waiting.push(message) } },
  );
  await write();
  await writer.close();
  const reader = await RecordReader.open(path);
  const projections = await Projections.open(path);
  await projections.project(reader);
  await projections.close();
  folder.writeScenario('', scenario);
  folder.writeSummary({
    ...{ run: folder.id, scenario: scenario.name, profile: scenario.profile, end: 'finished' },
    summary: await summarise(reader),
  });
  await reader.close();
  return { faults: result.faults, messages: result.messages };
}
