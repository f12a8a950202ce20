import type { RunSummary } from '@faultline/record';

/** Whether what came over the wire is a summary: the parts that everything else is printed from are there. */
export function isRunSummary(value: unknown): value is RunSummary {
  if (typeof value !== 'object' || value === null) return false;
  return ['audit', 'latency', 'active', 'accesses', 'faultsByCode'].every((part) => {
    const found: unknown = new Map<string, unknown>(Object.entries(value)).get(part);
    return typeof found === 'object' && found !== null;
  });
}
