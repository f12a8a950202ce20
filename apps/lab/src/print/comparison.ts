import { differenceWords, type RunComparison, type RunGroup } from '@faultline/report';
import { type ComparedTable, comparedTables, spreadTables } from './compared-figures';
import type { Style } from './style';
import { indent } from './table';
import { wrapped } from './wrap';

/** Settings that a heading names; the rest are in the JSON. */
const NAMED_SETTINGS = 4;

/** Runs side by side for a person, in lines of at most `width` characters. `repeat` are commands that make the repetitions lacking. */
export function comparisonLines(
  comparison: RunComparison,
  repeat: readonly string[],
  style: Style,
  width: number,
): string[] {
  const { groups, warnings } = comparison;
  const [first, ...others] = groups;
  if (!first) return [];
  const warned = warnings.flatMap((line) => wrapped(`warning: ${line}`, width).map(style.bad));
  return [
    ...(warned.length > 0 ? [...warned, ''] : []),
    ...groups.flatMap((group, place) => groupLines(group, place + 1, width)),
    ...(others.length === 0 ? alone(first, style, width) : []),
    ...others.flatMap((group, place) => against(first, group, place + 2, others.length === 1, style, width)),
    ...(others.length === 0 ? [] : noiseLines(groups, width)),
    ...repeatLines(repeat, groups, width),
  ];
}

function groupLines({ runs, settings, origin }: RunGroup, number: number, width: number): string[] {
  const names = [...new Set(runs.map(({ scenario }) => scenario))].join(', ');
  const what = number === 1 ? `scenario ${names}` : headingOf({ settings, origin });
  const ids = runs.map(({ id, seed }) => (seed === null ? id : `${id} (seed ${seed})`)).join(', ');
  return [...wrapped(`group ${number}: ${what}`, width), ...indent(wrapped(ids, width - 2))];
}

/** What makes a group another one than the first. */
function headingOf({ settings, origin }: Pick<RunGroup, 'settings' | 'origin'>): string {
  // Another profile has other costs: its name says so.
  const hasProfile = settings.some(({ path }) => path === 'profile');
  const told = settings.filter(({ path }) => !(hasProfile && path.startsWith('cost.')));
  const named = told.slice(0, NAMED_SETTINGS).map(differenceWords);
  const more = told.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more settings (--json has them)`] : []), ...origin].join(', ');
}

function alone(group: RunGroup, style: Style, width: number): string[] {
  const why = `These ${group.runs.length} runs are repetitions of each other, so there is nothing to compare. What differs between them is noise:`;
  return ['', ...wrapped(why, width), ...tableLines(spreadTables(group, width), style, width)];
}

function against(
  first: RunGroup,
  group: RunGroup,
  number: number,
  isOnly: boolean,
  style: Style,
  width: number,
): string[] {
  // A second group needs no heading: what it is has just been said.
  const heading =
    number === 2 && isOnly
      ? []
      : ['', ...wrapped(`group ${number} against group 1: ${headingOf(group)}`, width)];
  return [
    ...heading.map(style.strong),
    ...tableLines(comparedTables(first, group, number, width), style, width),
  ];
}

function tableLines(tables: readonly ComparedTable[], style: Style, width: number): string[] {
  return tables.flatMap(({ title, head, lines }) => [
    '',
    ...wrapped(title, width).map(style.strong),
    head,
    ...lines.map(({ text, exceeds }) => (exceeds ? style.strong(text) : text)),
  ]);
}

function noiseLines(groups: readonly RunGroup[], width: number): string[] {
  return noiseWords(groups).flatMap((line) => ['', ...wrapped(line, width)]);
}

function noiseWords(groups: readonly RunGroup[]): string[] {
  const placesOf = (count: number): number[] =>
    groups.flatMap(({ runs }, place) => (runs.length === count ? [place + 1] : []));
  const [single, double] = [placesOf(1), placesOf(2)];
  const words: string[] = [];
  if (single.length === groups.length)
    words.push('One run each says nothing about noise: whether a change exceeds it is unknown.');
  else if (single.length > 0)
    words.push(
      `A single run says nothing about noise (${groupWords(single)}): whether a change from or to it exceeds noise is unknown.`,
    );
  if (groups.some(({ wallTimeDiffers }) => wallTimeDiffers.length > 0))
    words.push(
      'Model times contain what the software itself took, divided by the time scale: another scale, machine or version changes them too.',
    );
  if (!groups.some(({ figures }) => figures.some(({ change }) => change?.differenceInterval))) return words;
  words.push(
    'A change exceeds noise when it is larger than the ± beside it, its interval of 95 %. Of twenty figures that did not change at all about one seems to.',
  );
  if (double.length > 0)
    words.push(
      `Two runs tell little about noise (${groupWords(double)}), so that intervals are very wide; a third makes them much narrower.`,
    );
  return words;
}

const groupWords = (numbers: readonly number[]): string =>
  `group${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`;

function repeatLines(repeat: readonly string[], groups: readonly RunGroup[], width: number): string[] {
  if (repeat.length === 0) return [];
  const where = groups.some(({ origin }) => origin.length > 0)
    ? ', each with the version and on the machine of its group'
    : '';
  return [
    '',
    ...wrapped(`For more repetitions run this${where}, and compare all runs:`, width),
    ...indent(repeat),
  ];
}
