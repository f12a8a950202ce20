import type { Count, Family, Slots } from './families';

/** What is shown of a metric, the slots of histograms apart: by the values of its labels, and ` sum` behind them for a sum. */
export function shownOf(
  families: readonly (Family<Count> | Family<Slots>)[],
  name: string,
): Record<string, number> {
  const samples = families.filter((family) => family.name === name).flatMap((family) => family.samples());
  return Object.fromEntries(
    samples
      .filter(({ metricName = '' }) => !metricName.endsWith('_bucket'))
      .map(({ metricName = '', labels, value }) => [
        [...Object.values(labels), ...(metricName.endsWith('_sum') ? ['sum'] : [])].join(' '),
        value,
      ]),
  );
}
