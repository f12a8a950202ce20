import { asGrafanaAsks, type Dashboard, dashboardQueries, dashboards, type Panel } from './kit/dashboards';

/** What Grafana takes without a word and shows as something else, so that nobody notices who does not look. */

/** As the Grafana of the compose file writes them, and the oldest that refers to data sources as ours do. */
const NEWEST_SCHEMA = 41;
const OLDEST_SCHEMA = 36;
const COLUMNS = 24;

const overlap = ({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean =>
  one.x < other.x + other.w &&
  other.x < one.x + one.w &&
  one.y < other.y + other.h &&
  other.y < one.y + one.h;

const twice = <T>(values: readonly T[]): T[] =>
  values.filter((value, place) => values.indexOf(value) !== place);

it('there are dashboards, each with a name of its own', () => {
  expect(dashboards().length).toBeGreaterThan(0);
  for (const name of ['uid', 'title'] as const)
    expect(twice(dashboards().map((dashboard) => dashboard[name]))).toEqual([]);
});

describe.each(dashboards().map((dashboard): [string, Dashboard] => [dashboard.title, dashboard]))(
  '%s',
  (_, { uid, schemaVersion, panels }) => {
    it('is of a schema that Grafana knows, with an id that it takes', () => {
      expect(schemaVersion).toBeGreaterThanOrEqual(OLDEST_SCHEMA);
      expect(schemaVersion).toBeLessThanOrEqual(NEWEST_SCHEMA);
      expect(uid).toMatch(/^[\w-]{1,40}$/);
    });

    it('has panels that lie beside each other, each with a number of its own', () => {
      expect(twice(panels.map(({ id }) => id))).toEqual([]);
      const outside = panels.filter(({ gridPos: { x, w, y } }) => x < 0 || y < 0 || x + w > COLUMNS);
      expect(outside.map(({ title }) => title)).toEqual([]);
      const over = panels.flatMap((panel, place) =>
        panels
          .slice(place + 1)
          .flatMap((other) => (overlap(panel, other) ? [[panel.title, other.title]] : [])),
      );
      expect(over).toEqual([]);
    });

    it('has rows as headings, and panels below them that ask something', () => {
      for (const { type, title, gridPos, datasource, targets = [] } of panels)
        if (type === 'row') expect([title, gridPos.x, gridPos.w]).toEqual([title, 0, COLUMNS]);
        else {
          expect([title, datasource, targets.length > 0]).toEqual([title, expect.anything(), true]);
          expect([title, twice(targets.map(({ refId }) => refId))]).toEqual([title, []]);
        }
    });
  },
);

it.each(dashboardQueries())(
  '$where has no variable that nobody gives a value: $expression',
  ({ expression }) => {
    expect(asGrafanaAsks(expression, 15, 5)).not.toContain('$');
  },
);

// Others than counters shrink, and a rate takes that for a restart. Prometheus tells them by their names, from version 3 on.
it.each(dashboardQueries())('$where takes rates of counters alone: $expression', ({ rated }) => {
  expect(rated.filter((name) => !/_(total|sum|count|bucket)$/.test(name))).toEqual([]);
});

describe('what Grafana puts in the place of its variables', () => {
  it('are spans that hold at least four values, however narrow the points are', () => {
    const asked = 'rate(a[$__rate_interval]) + rate(a[${__interval}])';
    expect(asGrafanaAsks(asked, 1, 5)).toBe('rate(a[20s]) + rate(a[1s])');
    expect(asGrafanaAsks(asked, 60, 5)).toBe('rate(a[65s]) + rate(a[60s])');
  });

  it('is refused for any other', () => {
    expect(() => asGrafanaAsks('up{job="$job"}', 1, 5)).toThrow(/nobody gives \$job a value/);
  });
});
