import { MAX_PAGE, NO_PASID, Permission, type Permissions } from '../kernel/vocabulary';
import { NO_TIME, traceLineError, type TraceLine } from './access';
import { pagesTouched, parseOffset, parsePage } from './address';

const EXPECTED = 'a lackey line such as "I  04001000,3" or " S 1ffeffe7e0,8"';
/** Column of the address in every line. */
const ADDRESS_AT = 3;
/** Vector registers are the widest operands there are; whole-state saves have some kilobytes. */
const MOST_BYTES = 65_536;

/**
 * A line of Valgrind's lackey with `--trace-mem=yes`: `I` instruction, ` L` load, ` S` store, ` M` modify (a load and a store of
 * the same place), then the address in hexadecimal and the size in bytes. Lines of Valgrind itself (`==pid==`) are skipped.
 */
export function parseLackeyLine(line: string, lineNumber: number): TraceLine {
  if (isBanner(line)) return 'skip';
  const permissions = kindOf(line);
  const comma = line.indexOf(',', ADDRESS_AT);
  if (permissions === 0 || comma < 0) return traceLineError(line, lineNumber, EXPECTED);
  const page = parsePage(line, ADDRESS_AT, comma);
  const offset = parseOffset(line, ADDRESS_AT, comma);
  const bytes = parseSize(line, comma + 1);
  if (page < 0 || offset < 0 || bytes < 1) return traceLineError(line, lineNumber, EXPECTED);
  const pages = pagesTouched(offset, bytes);
  if (page + pages - 1 > MAX_PAGE) return traceLineError(line, lineNumber, 'an access that ends below 2^64');
  return { device: 0, pasid: NO_PASID, page, offset, pages, permissions, atMicros: NO_TIME };
}

/** Valgrind puts its own lines between double signs: `==pid==` always, `--pid--` and `**pid**` when it is verbose. */
function isBanner(line: string): boolean {
  if (line.length === 0) return true;
  return line.startsWith('==') || line.startsWith('--') || line.startsWith('**');
}

function kindOf(line: string): Permissions {
  if (line.startsWith('I  ')) return Permission.EXECUTE;
  if (line.charCodeAt(0) !== 32 || line.charCodeAt(2) !== 32) return 0;
  switch (line.charAt(1)) {
    case 'L':
      return Permission.READ;
    case 'S':
      return Permission.WRITE;
    case 'M':
      return Permission.READ | Permission.WRITE;
    default:
      return 0;
  }
}

function parseSize(line: string, from: number): number {
  if (line.length <= from) return -1;
  let size = 0;
  for (let at = from; at < line.length; at++) {
    const digit = line.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    size = size * 10 + digit;
  }
  return size <= MOST_BYTES ? size : -1;
}
