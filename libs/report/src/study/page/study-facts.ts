import { formatCount, formatMicros } from '@faultline/stats';
import { factList, originFacts, writtenView } from '../../page/facts';
import { markup, type Markup, type Part } from '../../page/markup';
import { momentOf } from '../../words';
import { deploymentWords } from '../names';
import type { StudyReportData } from '../study-data';
import { MODE_WORDS } from './study-summary';

const UNKNOWN = 'not recorded with this study';

/** Where, when and with what the study was made. */
export function studyFacts(data: StudyReportData): Markup {
  const { study, definition } = data;
  const facts: [string, Part][] = [
    ['Study', `${study.name}, ${study.id}`],
    ['Study file', study.file],
    ['Scenario', study.scenarioFile ?? 'written in the study file'],
    ['Mode', modeWords(data)],
    ...deploymentFacts(data),
    ['Repetitions', `${formatCount(study.repetitions)} of each point, ${seedWords(data)}`],
    ['Window', windowWords(study.window)],
    ...study.parameters.map(({ name, unit, values }): [string, Part] => [
      name,
      `${values.map(String).join(', ')}${unit === '' ? '' : ` ${unit}`}`,
    ]),
    ...networkFacts(definition),
    ['Started', momentOf(study.startedAtMicros)],
    ['Last run ended', study.endedAtMicros === null ? 'no run was made' : momentOf(study.endedAtMicros)],
    ['Runs took', tookWords(data)],
    ...originFacts(data, UNKNOWN),
  ];
  return markup`${factList(facts)}
${writtenView('The study as it was read', definition, 'the file beside this one that ends in .json')}`;
}

const tookWords = ({ study }: StudyReportData): string =>
  `${formatMicros(study.tookMillis * 1e3)} of wall time, all added up; simulated ones are made side by side`;

function modeWords({ study, runs }: StudyReportData): string {
  const scales = [...new Set(runs.filter(({ mode }) => mode === 'live').map(({ timeScale }) => timeScale))];
  const scale = scales.length === 0 ? '' : `; time scale of live runs ${scales.map(formatCount).join(', ')}`;
  return `${MODE_WORDS[study.mode]}${scale}`;
}

/** Projects of `docker compose`, with every size that they had. */
function deploymentFacts({ runs }: StudyReportData): [string, Part][] {
  const sizes = new Set(runs.flatMap(({ deployment }) => (deployment ? deploymentWords(deployment) : [])));
  return sizes.size === 0 ? [] : [['Deployment', [...sizes].sort().join('; ')]];
}

function seedWords({ study: { repetitions, seed } }: StudyReportData): string {
  return repetitions === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + repetitions - 1}`;
}

const windowWords = ({ from, to }: { from: number; to: number }): string =>
  `from ${Math.round(from * 100)} % to ${Math.round(to * 100)} % of each run`;

/** Of the simulated bus; nothing where the study leaves it as it is. */
function networkFacts({ network, mode }: StudyReportData['definition']): [string, Part][] {
  if (mode === 'live') return [];
  const { hopMicros, hopP99Micros, loss, duplication } = network;
  const words = [
    hopMicros === undefined
      ? ''
      : `${formatMicros(hopMicros)} a hop${hopP99Micros === undefined ? '' : `, p99 ${formatMicros(hopP99Micros)}`}`,
    loss === undefined ? '' : `loss ${loss}`,
    duplication === undefined ? '' : `duplication ${duplication}`,
  ].filter((each) => each !== '');
  return words.length === 0 ? [] : [['Simulated bus', words.join(', ')]];
}
