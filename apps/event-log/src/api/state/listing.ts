import { types } from 'node:util';

/** A collection as a view shows it: its entries are made only as far as they are looked at. */
export class Listing {
  constructor(
    readonly size: number,
    readonly entries: () => Iterable<readonly [key: string | number, value: unknown]>,
    /** Whether its keys say nothing but the place. */
    readonly isList = false,
  ) {}

  /** Of a value that is none: undefined. */
  static of(value: unknown): Listing | undefined {
    if (value instanceof Listing) return value;
    // Those of a state that was stored may come from elsewhere, and are no instances of these classes.
    if (types.isMap(value))
      return new Listing(value.size, () => value.entries() as Iterable<[string, unknown]>);
    if (types.isSet(value)) return new Listing(value.size, () => [...value].entries(), true);
    if (Array.isArray(value)) return new Listing(value.length, () => value.entries(), true);
    if (types.isTypedArray(value)) {
      const numbers = value as ArrayLike<number>;
      return new Listing(numbers.length, () => Array.from(numbers).entries(), true);
    }
    return undefined;
  }
}
