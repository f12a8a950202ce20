/** Time of day in UTC with microseconds: `2025-11-23 00:19:12.345678`. */
export function formatInstant(micros: number): string {
  const millis = Math.floor(micros / 1e3);
  const rest = Math.floor(micros - millis * 1e3);
  return `${new Date(millis).toISOString().slice(0, 23).replace('T', ' ')}${String(rest).padStart(3, '0')}`;
}
