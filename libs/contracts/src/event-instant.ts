/** Fields that tell when the event itself happened, the one that says most first. */
const INSTANTS = [
  ...[
    'atMicros',
    'endedAtMicros',
    'respondedAtMicros',
    'handledAtMicros',
    'retriedAtMicros',
    'queuedAtMicros',
    'writtenAtMicros',
  ],
  'sentAtMicros',
];

/** When an event happened, in microseconds since the Unix epoch; `undefined` for events that do not say. */
export function eventMicros(event: object): number | undefined {
  const fields = new Map<string, unknown>(Object.entries(event));
  const micros = INSTANTS.map((name) => fields.get(name)).find(
    (value) => typeof value === 'number' && value > 0,
  );
  return typeof micros === 'number' ? micros : undefined;
}
