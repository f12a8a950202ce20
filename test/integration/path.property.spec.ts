import { scenarioOf } from '../kit/scenario';
import { complaintsOf } from '../kit/audit-log';
import { runVirtually } from '../kit/virtual-run';
import { replayUnits } from '../kit/replay';

describe('the path', () => {
  it('runs', async () => {
    const { report, laboratory, log } = await runVirtually(scenarioOf());
    expect(complaintsOf(report)).toEqual([]);
    expect(laboratory.accesses.complaints).toEqual([]);
    for (const { live, folded } of replayUnits(laboratory, log)) expect(folded).toEqual(live);
    console.log(log.length, report.invariants.map((i) => [i.invariant, i.status, i.checked]));
  });
});
