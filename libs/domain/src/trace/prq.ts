import { MAX_PASID, parsePermissions, Permission } from '../kernel/vocabulary';
import { NO_TIME, traceLineError, type TraceLine } from './access';
import { parseHex } from './address';

const EXPECTED =
  'a page request such as "prq_report: dmar1/0000:6a:01.0 seq# 160: rid=0x6a08 addr=0x7f21c rw--l pasid=0x2 index=0x4c"';
const REQUEST =
  /\brid=0x([0-9a-f]+) addr=0x([0-9a-f]+) ([r-][w-][x-][p-])([l-]) pasid=0x([0-9a-f]+) index=0x[0-9a-f]+/;
const STAMP = /\s(\d+)\.(\d{6}): (?:\w+:)?prq_report:/;
/** Any other trace event: a task, a CPU in brackets, and a name with a colon. */
const OTHER_EVENT = /\[\d+\].*\s[\w:]+: /;

/**
 * A page request as Linux traces it (event `intel_iommu:prq_report`). Other trace events, comments, and the second line of a
 * request with private data are skipped, as are stop markers, which ask for nothing (R23).
 *
 * The kernel prints in `addr` the page field of the descriptor, so the number is a page and not a byte address.
 */
export function parsePrqLine(line: string, lineNumber: number): TraceLine {
  const fields = REQUEST.exec(line);
  if (fields === null) return withoutRequest(line, lineNumber);
  const [, rid = '', addr = '', letters = '', last = '', pasidDigits = ''] = fields;
  const device = parseHex(rid, 0, rid.length);
  const page = parseHex(addr, 0, addr.length);
  const pasid = parseHex(pasidDigits, 0, pasidDigits.length);
  const permissions = parsePermissions(letters) ?? 0;
  const fits = device >= 0 && device <= 0xffff && page >= 0 && pasid >= 0 && pasid <= MAX_PASID;
  if (!fits)
    return traceLineError(line, lineNumber, 'a rid of 16 bits, a page of 52 bits and a PASID of 20 bits');
  if (last === 'l' && (permissions & (Permission.READ | Permission.WRITE)) === 0) return 'skip';
  return { device, pasid, page, offset: 0, pages: 1, permissions, atMicros: stampOf(line) };
}

function withoutRequest(line: string, lineNumber: number): TraceLine {
  if (line.includes('prq_report:') || line.includes('rid='))
    return traceLineError(line, lineNumber, EXPECTED);
  const text = line.trim();
  if (text === '' || text.startsWith('#') || text.startsWith('private=')) return 'skip';
  if (OTHER_EVENT.test(line) || text.startsWith('CPU:')) return 'skip';
  return traceLineError(line, lineNumber, EXPECTED);
}

function stampOf(line: string): number {
  const stamp = STAMP.exec(line);
  return stamp === null ? NO_TIME : Number(stamp[1]) * 1_000_000 + Number(stamp[2]);
}
