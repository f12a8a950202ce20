import { type FaultEvent, type RecordReader, tracesOf } from '@faultline/record';
import { BadInput, Exit } from '../errors';
import { openFaults } from '../fault-source';
import { momentsOf, type OwnedEvent } from '../print/fault-moments';
import { faultHead, stageTable, timelineTable } from '../print/timeline';
import { findRun } from '../run/run-folder';
import { namesOf, scenarioOf } from '../run-names';
import type { Terminal } from '../terminal';

export interface FaultFlags {
  runs: string;
  json?: boolean;
}

/** Shows everything that happened to one fault. */
export async function fault(
  reference: string,
  id: string,
  flags: FaultFlags,
  terminal: Terminal,
): Promise<Exit> {
  if (!/^\d+\.\d+\.\d+(\.\d+)?$/.test(id))
    throw new BadInput(
      `'${id}' is no fault's id: expected segment.epoch.request, as 'faultline faults' prints it`,
    );
  const folder = findRun(flags.runs, reference);
  const source = await openFaults(folder);
  try {
    const row = await source.queries.fault(id);
    if (!row)
      throw new BadInput(`run ${folder.id} has no fault ${id}: 'faultline faults ${reference}' lists them`);
    const events = await source.queries.eventsOf(row, source.reader);
    const [traceId = null] = await tracesOf([row], source.reader);
    if (flags.json) terminal.out(JSON.stringify({ fault: row, traceId, events }, null, 2));
    else {
      const scenario = scenarioOf(folder);
      const names = namesOf(scenario);
      const entries = momentsOf(row, await withOwners(events, source.reader), names.device(row.device));
      const timeline = timelineTable(entries, terminal.columns);
      terminal.out(
        [
          ...faultHead(row, names),
          ...(traceId === null ? [] : [`trace ${traceId}`]),
          '',
          ...timeline,
          '',
          ...stageTable(row, scenario?.timeScale ?? 1),
        ].join('\n'),
      );
    }
    return Exit.OK;
  } finally {
    await source.close();
  }
}

/** The epoch tells which owner of the unit wrote the event. */
async function withOwners(events: readonly FaultEvent[], reader: RecordReader): Promise<OwnedEvent[]> {
  const owned: OwnedEvent[] = [];
  for (const event of events)
    owned.push({ ...event, epoch: (await reader.message(event.sequence))?.headers.epoch ?? 0 });
  return owned;
}
