/** A structured log record as a person reads it: level, message and the error's own line. Other lines stay as they are. */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const record = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
    const words = [record.level, record.msg, record.err?.message].filter(
      (word) => typeof word === 'string' && word !== '',
    );
    return words.length > 1 ? words.join(': ') : line;
  } catch {
    return line;
  }
}
