import type { Permissions } from '../kernel/vocabulary';

/** Time of a trace line that has none. */
export const NO_TIME = -1;

/** One access as a line of a trace tells it. */
export interface TraceAccess {
  /** The trace's own name of the device: a requester id, a column; 0 in formats that know no device. */
  device: number;
  /** `NO_PASID` in formats that know no address space. For `perf` it is the process id, which a scenario maps to a PASID. */
  pasid: number;
  page: number;
  /** Byte in the page; 0 where the trace has pages only. */
  offset: number;
  /** Pages it touches: more than 1 when it crosses the end of its page. */
  pages: number;
  permissions: Permissions;
  /** The trace's clock in microseconds, {@link NO_TIME} without one. */
  atMicros: number;
}

/** Why a line of a trace cannot be read. A value and not thrown: only the reader of the file knows the file's name. */
export class TraceLineError {
  constructor(
    /** From 1. */
    readonly line: number,
    /** What the line says, cut to a readable length. */
    readonly found: string,
    readonly expected: string,
  ) {}
}

/** What a line is: an access, nothing (a banner, a comment, another event), or an error. */
export type TraceLine = TraceAccess | 'skip' | TraceLineError;

/** Reads one line, without its line break. Keeps no state between lines. */
export type TraceLineParser = (line: string, lineNumber: number) => TraceLine;

const MOST_FOUND = 80;

/** The error of a line; quotes only as much of it as a person reads. */
export function traceLineError(line: string, lineNumber: number, expected: string): TraceLineError {
  const found = line.length > MOST_FOUND ? `${line.slice(0, MOST_FOUND)}...` : line;
  return new TraceLineError(lineNumber, found, expected);
}
