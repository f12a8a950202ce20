import { studyCsv } from './study-csv';
import { bothReport, bothStudy, contended, scalingStudy, studyReportOf } from './study.testkit';

const tableOf = (text: string): Record<string, string>[] => {
  const [head = '', ...lines] = text.trimEnd().split('\r\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, place) => [names[place], cell])));
};

describe('the runs of a study as CSV', () => {
  it('are a row each, with their parameters and all their figures', () => {
    const data = bothReport();
    const rows = tableOf(studyCsv(data));
    expect(rows).toHaveLength(54);
    for (const [place, row] of rows.entries()) {
      const run = data.runs[place];
      expect(row['parameter queues']).toBe(run?.values['queues']);
      expect(Number(row['seed'])).toBe(run?.seed);
      for (const [key, value] of Object.entries(run?.figures ?? {}))
        expect([key, row[key]]).toEqual([key, value === null ? '' : String(value)]);
    }
    expect(new Set(rows.map(({ mode }) => mode))).toEqual(new Set(['live', 'simulated']));
  });

  it('say of a live run on a deployment how large that was', () => {
    const replicas = { iommu: 2, 'iopf-worker': 4 };
    const data = studyReportOf(bothStudy({ repetitions: 1 }), contended, (run) => ({
      ...run,
      live: run.live && { ...run.live, deployment: { project: 'lab7', replicas } },
    }));
    const cells = studyCsv(data).split('\r\n');
    expect(cells[0]).toContain(',run,deployment,logHash,');
    expect(cells.filter((line) => line.includes(',"lab7: iommu 2, iopf-worker 4",'))).toHaveLength(
      data.runs.filter(({ mode }) => mode === 'live').length,
    );
  });

  it('say of a run that failed what went wrong, and have no figures of it', () => {
    const data = studyReportOf(scalingStudy(), contended, (run) =>
      run.point === 3 && run.repetition === 2
        ? {
            ...run,
            failure: '=no, "room"',
            figures: { throughput: null },
            audit: { clean: false, violated: ['I4', 'I5'] },
          }
        : run,
    );
    expect(data.study.failed).toBe(1);
    const line = studyCsv(data)
      .split('\r\n')
      .find((each) => each.includes('room'));
    expect(line).toMatch(
      /^3,2,1,simulated,model,2,2,pri-minor,1,1234,20,false,I4 I5,"'=no, ""room""",,,ab12,,/,
    );
  });
});
