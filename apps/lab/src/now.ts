/** Microseconds since the Unix epoch, monotonic within the process. */
export const nowMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);
