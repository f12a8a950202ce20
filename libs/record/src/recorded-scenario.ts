import { decodeLogBody, type ResolvedScenario } from '@faultline/contracts';
import type { RecordReader } from './record-reader';

/** The scenario that stands in the first message of a record; undefined while that is not there, or holds no whole one. */
export async function recordedScenario(reader: RecordReader): Promise<ResolvedScenario | undefined> {
  const first = await reader.message(1);
  if (!first) return undefined;
  for (const event of decodeLogBody(first.headers.schema, first.body))
    if (event.kind === 'ScenarioLoaded' && isScenario(event.scenario)) return event.scenario;
  return undefined;
}

/** Whether it is what units are made from; the log holds whatever was written to it. */
function isScenario(value: unknown): value is ResolvedScenario {
  const parts = new Map<string, unknown>(Object.entries(value ?? {}));
  return ['devices', 'iommus', 'shards', 'processes'].every((name) => Array.isArray(parts.get(name)));
}
