import { decodeLogBody } from '@faultline/contracts';
import { SeededRandom } from '@faultline/domain';
import { v8States } from '@faultline/runtime';
import { canonical, type FoldedState, foldUnit, unitsOfScenario } from '@faultline/units';
import { foldLog } from '../chaos/kit/fold';
import { auditLog, complaintsOf } from '../kit/audit-log';
import { type History, historyNames, projectLog, readHistory, type ProjectedRun } from '../kit/history';
import { Laboratory } from '../kit/laboratory';
import { replayUnits } from '../kit/replay';
import { NO_TROUBLE, virtualPorts } from '../kit/virtual-ports';
import { VirtualWorld } from '../kit/virtual-world';
import { currentVersion, RECORDED, recordHistory } from './record';
import { released } from './released';

jest.setTimeout(120_000);

/** Histories are recorded anew when that is asked for, before any of them is read. */
beforeAll(async () => {
  if (process.env['UPDATE_HISTORIES'] !== '1') return;
  if (released().versions.includes(currentVersion()))
    throw new Error(
      `version ${currentVersion()} was released, its histories stay as they are: raise the version first`,
    );
  for (const each of RECORDED) await recordHistory(each);
});

it('the current version has a history of each example', () => {
  const wanted = RECORDED.map(({ example }) => `${currentVersion()}/${example}`).sort();
  expect(historyNames().filter((name) => name.startsWith(`${currentVersion()}/`))).toEqual(wanted);
});

it('no released version lacks its histories', () => {
  const kept = new Set(historyNames().map((name) => name.split('/')[0]));
  expect(released().versions.filter((version) => !kept.has(version))).toEqual([]);
});

/** Those that are kept, and those that should be. */
const names = [
  ...new Set([...historyNames(), ...RECORDED.map(({ example }) => `${currentVersion()}/${example}`)]),
];

describe.each(names)('the history %s', (name) => {
  let history: History;
  beforeAll(() => {
    history = readHistory(name);
  });

  it('decodes to its last event', () => {
    const kinds = history.messages
      .flatMap(({ headers, body }) => decodeLogBody(headers.schema, body))
      .map(({ kind }) => kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(['ScenarioLoaded', 'RunEnded']);
    expect(kinds.length).toBeGreaterThan(1_000);
  });

  it('folds for every unit, to a state in which nothing is pending', async () => {
    const laboratory = await idleLaboratory(history);
    const replayed = replayUnits(laboratory, history.messages);
    const units = new Set(
      history.messages
        .map(({ headers }) => headers.unit)
        .filter((unit) => /^(iommu|mm|segment)\./.test(unit)),
    );
    expect(replayed.map(({ unit }) => unit).sort()).toEqual([...units].sort());
    const idle = { pendingGroups: 0, framesQuarantined: 0, busy: [] };
    expect(foldLog(history.messages, history.scenario)).toMatchObject(idle);
  });

  it('folds to the same from any moment on', () => {
    const random = new SeededRandom(7);
    for (const unit of unitsOfScenario(history.scenario)) {
      const messages = history.messages.filter(({ headers }) => headers.unit === unit);
      const whole = foldUnit(unit, history.scenario);
      let parts = foldUnit(unit, history.scenario);
      let restarts = 0;
      for (const message of messages) {
        whole?.take(message);
        parts?.take(message);
        if (!parts?.isWhole || random.below(messages.length) >= 20) continue;
        parts = foldUnit(
          unit,
          history.scenario,
          v8States.decode(v8States.encode(parts.folded)) as FoldedState,
        );
        restarts += 1;
      }
      expect([unit, restarts > 0, canonical(parts?.folded)]).toEqual([unit, true, canonical(whole?.folded)]);
    }
  });

  it('passes the audit', () => {
    const report = auditLog(history.messages, history.scenario);
    expect(complaintsOf(report)).toEqual([]);
    expect(report.runEnded).toBe('finished');
  });

  it('gives the projections that were recorded, wherever building was interrupted', async () => {
    const { expected, messages } = history;
    const random = new SeededRandom(1);
    const restarts = Array.from({ length: 6 }, () => 1 + random.below(messages.length)).sort(
      (one, other) => one - other,
    );
    for (const after of [[], restarts])
      expect(ofColumns(await projectLog(messages, after), expected.columns)).toEqual(expected);
  });
});

/** The units of the scenario, as they are before anything happens: their deciders are what a log is folded with. */
async function idleLaboratory({ scenario }: History): Promise<Laboratory> {
  const world = new VirtualWorld(1);
  const ports = virtualPorts(world, 'virtual', NO_TROUBLE);
  const idle = { ...scenario, devices: scenario.devices.map((device) => ({ ...device, workloads: [] })) };
  const laboratory = new Laboratory('virtual', idle, () => ports);
  await world.settle(laboratory.start());
  return laboratory;
}

/** A later version may have more columns; those that were recorded must be the same. */
function ofColumns({ columns, rows, counters }: ProjectedRun, wanted: readonly string[]): ProjectedRun {
  const places = wanted.map((column) => columns.indexOf(column));
  return {
    columns: [...wanted],
    rows: rows.map((row) => places.map((place) => row[place] ?? null)),
    counters,
  };
}
