import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './command-line';

const FOLDER = join(REPOSITORY, 'deploy/grafana/dashboards');

/** A query of a panel, and what it names. */
export interface Query {
  /** Dashboard and panel, for whoever has to find it. */
  where: string;
  expression: string;
  /** Metrics, as they are asked for: `_bucket`, `_sum` and `_count` included. */
  metrics: string[];
  /** Labels that it selects or groups by. */
  labels: string[];
  /** Labels that its legend shows of each series. */
  legend: string[];
  /** Metrics of which it takes a rate. */
  rated: string[];
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  /** In units of the grid: 24 are a dashboard's width. */
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  /** Those of Prometheus have an expression. */
  targets?: { refId: string; expr?: string; legendFormat?: string; service?: string; operation?: string }[];
}

export interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  refresh: string;
  links: { url: string }[];
  panels: Panel[];
}

/** Every dashboard in the repository. */
export function dashboards(): Dashboard[] {
  return readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard);
}

/** Every query of Prometheus of every dashboard. */
export function dashboardQueries(): Query[] {
  return dashboards().flatMap(({ title, panels }) =>
    panels.flatMap(({ title: panel, targets = [] }) =>
      targets.flatMap(({ expr, legendFormat = '' }) =>
        expr === undefined ? [] : [queryOf(`${title} / ${panel}`, expr, legendFormat)],
      ),
    ),
  );
}

/** Names are followed by what they select, by a span of time, or by nothing; functions by an opening bracket. */
function queryOf(where: string, expression: string, legendFormat: string): Query {
  const bare = expression.replace(/"[^"]*"/g, '""');
  const selected = [...bare.matchAll(/([a-z]\w*)\s*(?:=~|!~|!=|=)\s*""/g)].map(([, label = '']) => label);
  const grouped = [...bare.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  );
  const metrics = [...bare.matchAll(/\b[a-z]+_[a-z0-9_]+\b(?!\s*\()/g)].map(([name]) => name);
  return {
    where,
    expression,
    metrics: [...new Set(metrics)],
    labels: [...new Set([...selected, ...grouped])],
    rated: [...bare.matchAll(/\b(?:i?rate|increase)\s*\(\s*(\w+)/g)].map(([, name = '']) => name),
    legend: [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label),
  };
}

/**
 * An expression with what Grafana puts in the place of its own variables, for points `step` seconds apart of values that are read every
 * `scrape` seconds. Throws for a variable that is none of these.
 */
export function asGrafanaAsks(expression: string, step: number, scrape: number): string {
  const values: Record<string, string> = {
    __interval: `${step}s`,
    __rate_interval: `${Math.max(step + scrape, 4 * scrape)}s`,
  };
  return expression.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`nobody gives $${name} a value in: ${expression}`);
    return value;
  });
}
