import { type MetricDefinition, METRICS } from '@faultline/runtime';
import { table } from './markdown';

const HEAD = `# Metrics

<!-- Generated from libs/runtime/src/metrics/catalogue.ts; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

What a service shows at \`/metrics\` where it has a door (\`FAULTLINE_HTTP\`), in Prometheus' text format. Labels have the values that
the scenario, the schemas and the code give them, never those of a fault: no page, no PASID, no request.

- Times are wall seconds. A modelled cost is spent as wall time times the time scale: divide by \`faultline_time_scale\` for model time.
- Counters begin at 0 with the process and go on from one laboratory to the next; those of a worker's servers begin with each laboratory.
  Failures are shown at 0 before there is one (on a lane, of a schema and of a queue from its first use on), so that Prometheus sees the
  first; what else has labels is there once it was counted.
- Gauges are read when somebody asks, of the laboratory that is served then, and are not there while there is none.
- Stages are timed where they are seen, without the record: a group counts once, by its last member. The record has every fault.
`;

const TAIL = `
## Of Node.js and the process

Besides, every service shows what prom-client reads of it: \`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`,
\`nodejs_eventloop_lag_seconds\` and its percentiles, \`nodejs_gc_duration_seconds\`, \`nodejs_heap_size_used_bytes\` and others of these.
`;

/** The page of the metrics. */
export function metricsPage(): string {
  const code = (text: string): string => `\`${text}\``;
  const rows = Object.entries<MetricDefinition>(METRICS).map(([name, { type, labels, help, of }]) => [
    code(name),
    type,
    labels.map(code).join(', '),
    of?.join(', ') ?? 'all',
    help,
  ]);
  return `${HEAD}
${table(['metric', 'type', 'labels', 'services', 'what it says'], rows)}
${TAIL}`;
}
