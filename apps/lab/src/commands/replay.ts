import type { ResolvedScenario } from '@faultline/contracts';
import { RecordReader, recordedScenario, sha256 } from '@faultline/record';
import { v8States } from '@faultline/runtime';
import { UnitReplay, unitsOfScenario } from '@faultline/units';
import { BadInput, Exit } from '../errors';
import { type ReplayedUnit, replayLines, type ReplayReport } from '../print/replay-lines';
import { styleFor } from '../print/style';
import { findRun } from '../run/run-folder';
import type { Terminal } from '../terminal';

export interface ReplayFlags {
  runs: string;
  /** Only this unit; every unit of the path by default. */
  unit?: string;
  /** Sequence of the last message; the end of the record by default. */
  at?: number;
  json?: boolean;
}

/** Folds the events of a run again, unit by unit, and says to which states, and whether takeovers on the way would have changed them. */
export async function replay(reference: string, flags: ReplayFlags, terminal: Terminal): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  const reader = await RecordReader.open(folder.path);
  let report: ReplayReport;
  try {
    const { position } = await reader.head();
    const at = flags.at ?? position;
    if (at > position)
      throw new BadInput(`--at ${at}: the record of ${folder.id} ends at sequence ${position}`);
    const scenario = await recordedScenario(reader);
    if (!scenario)
      throw new BadInput(
        `${reader.path} does not begin with a whole scenario, without which no unit is known`,
      );
    const units = await replayUnits(reader, scenario, unitsAsked(scenario, flags.unit), at);
    const identical = units.every(({ broken, divergence }) => !broken && !divergence);
    report = { run: folder.id, at, identical, units };
  } finally {
    await reader.close();
  }
  if (flags.json) terminal.out(JSON.stringify(report, null, 2));
  else terminal.out(replayLines(report, styleFor(terminal.colour), terminal.columns).join('\n'));
  return report.identical ? Exit.OK : Exit.FAILED;
}

function unitsAsked(scenario: ResolvedScenario, unit: string | undefined): string[] {
  const units = unitsOfScenario(scenario);
  if (unit === undefined) return units;
  if (!units.includes(unit)) throw new BadInput(`--unit ${unit}: the run has ${units.join(', ')}`);
  return [unit];
}

async function replayUnits(
  reader: RecordReader,
  scenario: ResolvedScenario,
  names: readonly string[],
  at: number,
): Promise<ReplayedUnit[]> {
  const replays = new Map(names.map((unit) => [unit, new UnitReplay(unit, scenario, v8States)]));
  const unit = names.length === 1 ? names[0] : undefined;
  for await (const page of reader.pages({ to: at, unit }))
    for (const { message } of page) replays.get(message.headers.unit)?.take(message);
  return [...replays].map(([unit, replayed]) => {
    const { state, ...result } = replayed.result();
    const stateHash = state === null ? null : Buffer.from(sha256(Buffer.from(state))).toString('hex');
    return { unit, ...result, stateHash };
  });
}
