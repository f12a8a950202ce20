import { automaticTimeScale, type CostProfile, costProfiles, meanTotalMicros } from '@faultline/contracts';
import { meanOfSpread, type Spread } from '@faultline/domain';
import { table } from './markdown';

const HEAD = `# Profiles

<!-- Generated from the table in libs/contracts/src/scenario/profiles.ts; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

What the stages of a fault cost in the modelled hardware, in model microseconds. A scenario names one with \`profile\`, or gives stages
of its own there ([scenario file](scenario.md)). [Model time](../concepts/model-time.md) says where each is spent.

A spread is a constant, or a lognormal one by its median and its 99th percentile. The mean of a fault is that of one which waits for
nobody. Only that is anchored in a published figure; how it splits over the stages is a choice made here.
`;

const STAGES: readonly [name: string, of: (profile: CostProfile) => string][] = [
  ['device to the ring', ({ deviceMicros }) => micros(deviceMicros)],
  ['interrupt and drain', ({ interruptMicros }) => micros(interruptMicros)],
  ['enqueue to run', ({ enqueueMicros }) => micros(enqueueMicros)],
  ['handler', ({ handlerMicros }) => spread(handlerMicros)],
  [
    'each further page of a batch',
    ({ handlerPageMicros }) => (handlerPageMicros === undefined ? 'a handler' : micros(handlerPageMicros)),
  ],
  ['added for a page from storage', ({ storageMicros }) => spread(storageMicros)],
  ['response', ({ responseMicros }) => micros(responseMicros)],
  ['each page brought along', ({ prefetchMicros }) => micros(prefetchMicros)],
  ['**mean of a fault**', (profile) => micros(meanTotalMicros(profile))],
  ['time scale `auto`', (profile) => automaticTimeScale(profile).toLocaleString('en-US')],
];

/** The reference page of the profiles, from their table. */
export function profilesPage(): string {
  const profiles: [name: string, profile: CostProfile][] = Object.entries(costProfiles);
  const costs = table(
    ['model µs', ...profiles.map(([name]) => `\`${name}\``)],
    STAGES.map(([name, of]) => [name, ...profiles.map(([, profile]) => of(profile))]),
  );
  const sources = table(
    ['profile', 'made to meet', 'source'],
    profiles.map(([name, { anchor = '', source }]) => [`\`${name}\``, anchor, source]),
  );
  return `${HEAD}\n## Costs\n\n${costs}\n\n## Sources\n\n${sources}\n`;
}

function spread(written: Spread): string {
  const { median, p99 } = written;
  if (median === p99) return micros(median);
  return `median ${micros(median)}, p99 ${micros(p99)}, mean ${micros(meanOfSpread(written))}`;
}

const micros = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: value < 1_000 ? 4 : 5 });
