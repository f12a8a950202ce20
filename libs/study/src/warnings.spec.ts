import { studyResult } from './study-result';
import { studyOf, syntheticRuns } from './synthetic.testkit';

describe('what is to be known of a study', () => {
  const study = studyOf({ mode: 'live', repetitions: 2 });
  const warningsWhere = (projectOf: (point: number) => string | undefined): string[] => {
    const runs = syntheticRuns(
      study,
      () => ({ perSecond: 1000, stages: { mm: 10 } }),
      (run) => {
        const project = projectOf(run.point);
        const deployment =
          project === undefined ? undefined : { project, replicas: { iommu: run.point + 1 } };
        return { ...run, live: run.live && { ...run.live, ...(deployment && { deployment }) } };
      },
    );
    return studyResult(study, runs).warnings.filter((line) => line.startsWith('live runs were made on'));
  };

  it('has a word on live runs that were made on several places', () => {
    expect(warningsWhere((point) => (point < 2 ? 'one' : undefined))).toEqual([
      'live runs were made on one and no deployment of docker compose: differences between them may be those of the places',
    ]);
  });

  it('has none on one deployment of several sizes, and none without a deployment', () => {
    expect(warningsWhere(() => 'one')).toEqual([]);
    expect(warningsWhere(() => undefined)).toEqual([]);
  });
});
