import { formatCount, formatMicros } from '@faultline/stats';
import { markup, type Markup } from '../../page/markup';
import { type Tile, tilesView } from '../../page/tiles';
import { momentOf, sentenceOf, several } from '../../words';
import type { PublishedAgreement, StudyReportData } from '../study-data';

export const MODE_WORDS: Readonly<Record<StudyReportData['study']['mode'], string>> = {
  simulated: 'simulated',
  live: 'live',
  both: 'live and simulated',
};

/** Title, verdict, question, answer, and how much was run. */
export function studySummary(data: StudyReportData): Markup {
  const { study, passes, agreement } = data;
  return markup`
<header>
<p class="eyebrow">Faultline · report of a study</p>
<h1>${study.title}</h1>
<p class="sub">study ${study.id} · ${momentOf(study.startedAtMicros)} · ${MODE_WORDS[study.mode]}</p>
<p class="verdict ${passes ? 'good' : 'bad'}">${verdictWords(data)}</p>
</header>
<p class="lead">${study.question}</p>
${agreement ? answer(agreement) : null}
${tiles(data)}`;
}

/** One line: whether what must hold does, and whether all runs are there and sound. */
function verdictWords({ passes, verdicts, study, runs }: StudyReportData): string {
  const count = (which: string): number => verdicts.filter(({ verdict }) => verdict === which).length;
  const unclean = runs.filter(({ failure, auditClean }) => failure === null && !auditClean).length;
  const missing = study.wanted - study.made;
  const words = [
    verdicts.length === 0 ? 'nothing had to hold' : `${count('holds')} of ${verdicts.length} hold`,
    count('unknown') > 0 ? `${count('unknown')} could not be judged` : '',
    missing > 0 ? `${several(missing, 'run')} missing` : '',
    study.failed > 0 ? `${several(study.failed, 'run')} failed` : '',
    unclean > 0 ? `the audit of ${several(unclean, 'run')} failed` : '',
    passes ? 'every run is there and its audit clean' : '',
  ];
  return `Study ${passes ? 'passed' : 'failed'}: ${words.filter((each) => each !== '').join(', ')}`;
}

const TONES: Readonly<Record<PublishedAgreement['words'], string>> = {
  agrees: 'good',
  'agrees in part': 'part',
  'does not agree': 'bad',
  'could not be judged': 'part',
};

const SHAPES: Readonly<Record<PublishedAgreement['mark'], string>> = {
  published: 'The published shape',
  argued: 'The shape, argued from what the source says and not stated by it',
};

function answer({ words, sentence, shape, mark, source, why }: PublishedAgreement): Markup {
  return markup`<div class="answer ${TONES[words]}"><p>${sentence}</p><p class="of">${SHAPES[mark]}: ${shape} <cite>${source}</cite></p><p class="of">The reason that the study gives, before it is run: ${sentenceOf(why)}</p></div>`;
}

function tiles({ study, verdicts }: StudyReportData): Markup {
  const held = verdicts.filter(({ verdict }) => verdict === 'holds').length;
  const parameters = study.parameters.map(({ name, values }) => `${values.length} × ${name}`).join(', ');
  const shown: Tile[] = [
    ['Points', formatCount(study.points), parameters],
    ['Runs', formatCount(study.made), `of ${formatCount(study.wanted)} wanted`],
    ['Repetitions', formatCount(study.repetitions), 'of each point'],
    ['Holds', verdicts.length === 0 ? '–' : `${held} of ${verdicts.length}`, 'statements'],
    ['Faults', formatCount(study.faults), 'in all runs'],
    ['Runs took', formatMicros(study.tookMillis * 1e3), 'wall time, added up'],
  ];
  return tilesView(shown);
}
