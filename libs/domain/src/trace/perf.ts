import { Permission, type Permissions } from '../kernel/vocabulary';
import { NO_TIME, traceLineError, type TraceLine } from './access';
import { parseAddress } from './address';

const EXPECTED =
  'a perf script sample with an address such as "sort 4711 [002] 12.345678: 1 page-faults:u: 7f12a4c0b000 55d0c1e2"';

// Fields as `perf script` prints them: comm (which may have spaces), pid or pid/tid, [cpu], time, period, event, and the rest.
const SAMPLE =
  /^\s*(?:.*?\s)??(\d+)(?:\/-?\d+)?\s+(?:\[\d+\]\s+)?(?:(\d+)\.(\d+):\s+)?(?:\d+\s+)?([a-z][\w.:/-]*):\s+(.*)$/;
const ADDRESSES = /^(?:0x)?([0-9a-f]{1,16})(?:\s+(?:0x)?([0-9a-f]{1,16})(?=\s|$))?/;
const TRACEPOINT =
  /^address=(?:0x)?([0-9a-f]{1,16}) ip=(?:0x)?([0-9a-f]{1,16})(?: error_code=0x([0-9a-f]+))?/;
const CALL_CHAIN = /^\s+[0-9a-f]+\s+\S/;

/** Bits of an x86 page fault's error code. */
const ERROR_WRITE = 2;
const ERROR_FETCH = 16;

/**
 * A page fault as `perf script` prints it, from the software event (`page-faults`, recorded with `-d` so that it has an address)
 * or the tracepoint (`exceptions:page_fault_user`). Lines of a call chain, comments and empty lines are skipped.
 *
 * The software event does not tell a load from a store. A fault on the page of its own instruction is taken for an instruction
 * fetch, every other for a read; record the tracepoint to know better.
 */
export function parsePerfLine(line: string, lineNumber: number): TraceLine {
  if (line.trim() === '' || line.startsWith('#')) return 'skip';
  const sample = SAMPLE.exec(line);
  if (sample === null) return CALL_CHAIN.test(line) ? 'skip' : traceLineError(line, lineNumber, EXPECTED);
  const [, pid = '', seconds, fraction = '', , rest = ''] = sample;
  const fault = faultOf(rest);
  if (fault === undefined) return traceLineError(line, lineNumber, EXPECTED);
  const atMicros = seconds === undefined ? NO_TIME : Number(seconds) * 1_000_000 + microsOf(fraction);
  return {
    device: 0,
    pasid: Number(pid),
    page: fault.page,
    offset: fault.offset,
    pages: 1,
    permissions: fault.permissions,
    atMicros,
  };
}

interface Fault {
  page: number;
  offset: number;
  permissions: Permissions;
}

function faultOf(rest: string): Fault | undefined {
  const tracepoint = TRACEPOINT.exec(rest);
  const fields = tracepoint ?? ADDRESSES.exec(rest);
  const address = parseAddress(fields?.[1] ?? '');
  if (fields === null || address === undefined) return undefined;
  const code = tracepoint?.[3];
  const permissions = code === undefined ? guess(address.page, fields[2]) : told(Number.parseInt(code, 16));
  return { page: address.page, offset: address.offset, permissions };
}

function guess(page: number, instruction: string | undefined): Permissions {
  const at = instruction === undefined ? undefined : parseAddress(instruction);
  return at?.page === page ? Permission.EXECUTE : Permission.READ;
}

function told(code: number): Permissions {
  if ((code & ERROR_FETCH) !== 0) return Permission.EXECUTE;
  return (code & ERROR_WRITE) !== 0 ? Permission.WRITE : Permission.READ;
}

/** perf prints microseconds, or nanoseconds with `--ns`. */
function microsOf(fraction: string): number {
  return Number(fraction) * 10 ** (6 - fraction.length);
}
