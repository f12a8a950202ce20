import { studyResult } from '@faultline/study';
import type { PageParts } from '../../page/page';
import type { StudyReportData } from '../study-data';
import { studyReport } from '../study-report';
import {
  bothReport,
  bothStudy,
  contended,
  denseStudy,
  ORIGIN,
  scalingReport,
  scalingStudy,
  studyReportOf,
} from '../study.testkit';
import { renderStudy } from './render-study';

const parts: PageParts = {
  plotScript: 'var uPlot = class {};',
  plotStyle: '.uplot { color: red; }',
  plotLicence: 'The MIT License (MIT)',
  sha256: (text) => `${text.length}`,
};
const page = (data: StudyReportData): string => renderStudy(data, parts);
const visible = (html: string): string => html.replace(/<(script|style)[^]*?<\/\1>/g, '');
const hostile = `</script><script>alert("1")</script><img src=x onerror='alert(1)'>&`;

describe('the page of a study', () => {
  it('has verdict, question and answer first, then figures, what must hold, stages and the rest', () => {
    const text = visible(page(scalingReport()));
    const order = [
      ...['Study passed: 4 of 4 hold', 'How does the throughput', 'What was found agrees with'],
      ...['id="figures"', 'id="plot-throughput"', 'id="shape-throughput"', 'id="verdicts"', 'id="breakdown"'],
      ...['id="percentiles"', 'id="warnings"', 'id="points"', 'id="made"', 'studies/test.yaml', 'abc1234'],
    ].map((each) => [each, text.indexOf(each)] as const);
    expect(order.filter(([, place]) => place < 0)).toEqual([]);
    expect(order.map(([each]) => each)).toEqual(
      [...order].sort(([, one], [, other]) => one - other).map(([each]) => each),
    );
    expect(text).not.toMatch(/id="modes"/);
    expect(text).toMatch(/every run, are in the file beside this one that ends in <b>\.json/);
    const words = text.replace(/<[^>]+>/g, ' ').replace(/ +/g, ' ');
    expect(words).toMatch(
      /Started 2026-01-01 00:00:00 UTC Last run ended 2026-01-01 00:01:06 UTC Runs took 66\.6 s of/,
    );
  });

  it('may run and show only what stands in it, by hash', () => {
    const html = page(scalingReport());
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const tag of ['script', 'style'])
      for (const [, attributes = '', text = ''] of html.matchAll(
        new RegExp(`<${tag}([^>]*)>([^]*?)</${tag}>`, 'g'),
      ))
        if (!attributes.includes('application/json')) expect(policy).toContain(`sha256-${text.length}&#39;`);
    expect(html).not.toMatch(/ (src|style|on\w+)="|<link|@import|url\(/);
  });

  it('lets no name out of its place', () => {
    const study = scalingStudy({ title: hostile, question: hostile });
    study.plots.forEach((plot) => {
      plot.title = hostile;
      plot.published.forEach((published) => (published.label = hostile));
    });
    study.holds.forEach((expectation) => (expectation.says = hostile));
    if (study.published) study.published.source = study.published.why = study.published.shape = hostile;
    const data = studyReport(studyResult(study, []), { ...ORIGIN, id: hostile, file: hostile });
    const made = studyReportOf(study, contended, (run) => ({ ...run, failure: hostile, profile: hostile }));
    for (const html of [
      page(data),
      page({
        ...made,
        figures: scalingReport().figures.map((figure) => ({
          ...figure,
          title: hostile,
          caption: hostile,
          notes: [hostile],
        })),
      }),
    ]) {
      expect(html).not.toContain('<img');
      expect(html.match(/<script/g)).toHaveLength(3);
      expect(html.match(/<\/script/g)).toHaveLength(3);
    }
  });

  it.each<[string, () => StudyReportData, RegExp[]]>([
    [
      'without a run',
      () => studyReport(studyResult(scalingStudy(), []), { ...ORIGIN, machine: null, program: null }),
      [
        /Study failed: /,
        /54 runs missing/,
        /No run gives/,
        /no run was made/,
        /not recorded with this study/,
      ],
    ],
    [
      'of which a run failed, and an audit',
      () =>
        studyReportOf(scalingStudy(), contended, (run) => {
          if (run.repetition > 1) return run;
          if (run.point === 1) return { ...run, failure: 'the disk is full', figures: {} };
          return run.point === 2 ? { ...run, audit: { clean: false, violated: ['I1'] } } : run;
        }),
      [/1 run failed/, /the audit of 1 run failed/, /a run failed: the disk is full/, /1 failed<\/small>/],
    ],
    [
      'with one repetition',
      () => studyReportOf(scalingStudy({ repetitions: 1 }), contended),
      [/seed 1</, /One run of each point, which/],
    ],
    [
      'that says of nothing that it must hold',
      () => studyReportOf(scalingStudy({ holds: [], published: undefined }), contended),
      [/does not say that anything must hold/, /nothing had to hold/],
    ],
    [
      'in which nothing takes time',
      () => studyReportOf(scalingStudy(), () => ({ perSecond: 0, stages: {} })),
      [/No fault in the window/, /Means over the runs of each point/],
    ],
    ['of both modes', bothReport, [/Live against simulated/, /noise<\/small>/]],
    [
      'of both modes, live in wall time',
      () => studyReportOf(bothStudy(), contended, (run) => ({ ...run, timeScale: 1, modelledMicros: 0 })),
      [/these are never compared/, /<span class="time">wall time<\/span>/],
    ],
    [
      'of live runs on a deployment that was scaled',
      () =>
        studyReportOf(bothStudy(), contended, (run) => {
          const replicas = { iommu: 1, 'iopf-worker': run.point + 1 };
          return { ...run, live: run.live && { ...run.live, deployment: { project: 'lab7', replicas } } };
        }),
      [/lab7: iommu 1, iopf-worker 1; lab7: iommu 1, iopf-worker 2; /],
    ],
    [
      'with 144 points',
      () => studyReportOf(denseStudy({ repetitions: 1 }), contended),
      [/120 more points/, /24 more points are in the file beside/],
    ],
  ])('%s has no hole in it', (_what, make, said) => {
    const data = make();
    const html = page(data);
    const text = visible(html);
    for (const sentence of said) expect(text).toMatch(sentence);
    expect(text).not.toMatch(/NaN|Infinity|undefined|null|\[object/);
    const figures = [...text.matchAll(/<figure[^]*?<\/figure>/g)].map(([figure]) => figure);
    expect(figures).toHaveLength(data.figures.length);
    for (const figure of figures) expect(figure).toMatch(/class="(plot|stacks|nothing)/);
    expect(html.length).toBeLessThan(4e6);
  });
});
