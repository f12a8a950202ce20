import { MAX_PASID, NO_PASID, parsePermissions } from '../kernel/vocabulary';
import { NO_TIME, traceLineError, type TraceLine } from './access';
import { parseAddress, type PageAddress } from './address';

const EXPECTED = 'device,pasid,address,permissions[,time] such as "3,17,0x7f21c000,rw,125.5"';
const WHOLE = /^(?:0x[0-9a-f]+|\d+)$/i;
const TIME = /^\d+(?:\.\d+)?$/;

/**
 * A line of comma-separated values: device, pasid (`-` for none), address (hexadecimal with `0x`), permission letters (`r w x p`)
 * and, optionally, the time in microseconds. A first line of column names, comments (`#`) and empty lines are skipped.
 */
export function parseCsvLine(line: string, lineNumber: number): TraceLine {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return 'skip';
  const cells = text.split(',').map((cell) => cell.trim());
  if (lineNumber === 1 && cells[0]?.toLowerCase() === 'device') return 'skip';
  if (cells.length < 4 || cells.length > 5) return traceLineError(line, lineNumber, EXPECTED);
  const [deviceCell = '', pasidCell = '', addressCell = '', letters = '', timeCell] = cells;
  const device = wholeOf(deviceCell);
  const pasid = pasidCell === '-' ? NO_PASID : wholeOf(pasidCell);
  const address = addressOf(addressCell);
  const permissions = letters === '' ? undefined : parsePermissions(letters);
  if (device === undefined) return traceLineError(line, lineNumber, 'a device number in the first column');
  if (pasid === undefined || pasid > MAX_PASID)
    return traceLineError(line, lineNumber, 'a PASID of 20 bits, or "-", in the second column');
  if (address === undefined)
    return traceLineError(line, lineNumber, 'a 64-bit address with 0x in the third column');
  if (permissions === undefined)
    return traceLineError(line, lineNumber, 'permission letters (r w x p) in the fourth column');
  if (timeCell !== undefined && !TIME.test(timeCell))
    return traceLineError(line, lineNumber, 'a time in microseconds in the fifth column');
  const atMicros = timeCell === undefined ? NO_TIME : Number(timeCell);
  return { device, pasid, page: address.page, offset: address.offset, pages: 1, permissions, atMicros };
}

function wholeOf(cell: string): number | undefined {
  if (!WHOLE.test(cell)) return undefined;
  const value = Number(cell);
  return Number.isSafeInteger(value) ? value : undefined;
}

function addressOf(cell: string): PageAddress | undefined {
  return cell.startsWith('0x') || cell.startsWith('0X') ? parseAddress(cell.slice(2)) : undefined;
}
