import { PathUnknown } from '../common/failures';
import { Listing } from './listing';

/** A collection of which only some entries are shown. */
export interface Cut {
  /** Where it is, as a JSON pointer. */
  path: string;
  size: number;
  /** The first entry that is shown, and how many are. */
  offset: number;
  shown: number;
}

export interface ViewOptions {
  /** JSON pointer to the part that is asked for; empty for everything. */
  path: string;
  /** The first entry of that part to show. */
  offset: number;
  /** Entries of every collection that are shown. */
  limit: number;
}

/** Values in one view; collections that are met later are shown empty. */
const MOST_VALUES = 20_000;

/** Part of a state as JSON, however large the state is. Throws {@link PathUnknown}. */
export function plainView(state: unknown, options: ViewOptions): { state: unknown; cut: Cut[] } {
  const view = new PlainView(options.limit);
  const part = partAt(state, options.path);
  return { state: view.plain(part, options.path, options.offset), cut: view.cut };
}

class PlainView {
  readonly cut: Cut[] = [];
  private values = 0;

  constructor(private readonly limit: number) {}

  plain(value: unknown, path: string, offset = 0): unknown {
    this.values += 1;
    if (typeof value === 'bigint') return value.toString();
    if (value === undefined) return null;
    if (typeof value !== 'object' || value === null) return value;
    const listing = Listing.of(value);
    if (listing) return this.listed(listing, path, offset);
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, this.plain(each, `${path}/${escaped(name)}`)]),
    );
  }

  private listed(listing: Listing, path: string, offset: number): unknown {
    const { size, isList } = listing;
    const room = this.values >= MOST_VALUES ? 0 : Math.min(this.limit, Math.max(0, size - offset));
    const shown: [string, unknown][] = [];
    let place = 0;
    for (const [key, value] of room === 0 ? [] : listing.entries()) {
      if (place >= offset) {
        const name = String(key);
        shown.push([name, this.plain(value, `${path}/${escaped(name)}`)]);
      }
      place += 1;
      if (shown.length >= room || this.values >= MOST_VALUES) break;
    }
    if (shown.length < size) this.cut.push({ path, size, offset, shown: shown.length });
    return isList ? shown.map(([, value]) => value) : Object.fromEntries(shown);
  }
}

const escaped = (name: string): string => name.replace(/~/g, '~0').replace(/\//g, '~1');
const unescaped = (name: string): string => name.replace(/~1/g, '/').replace(/~0/g, '~');

function partAt(state: unknown, path: string): unknown {
  let part = state;
  for (const step of path === '' ? [] : path.slice(1).split('/')) part = childOf(part, unescaped(step), path);
  return part;
}

function childOf(part: unknown, name: string, path: string): unknown {
  const listing = Listing.of(part);
  if (listing) {
    for (const [key, value] of listing.entries()) if (String(key) === name) return value;
  } else if (typeof part === 'object' && part !== null) {
    const found = Object.entries(part).find(([key]) => key === name);
    if (found) return found[1];
  }
  throw new PathUnknown(path);
}
