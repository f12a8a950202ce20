/** Puts a method in the place of another one, from outside, as somebody would who takes a rule out of the product. */
export interface Sabotage {
  (): () => void;
}

interface Class<This extends object> {
  readonly prototype: This;
}

/**
 * Replaces a method of a class, private ones too. Throws when there is no such method: then it was renamed, and the sabotage would
 * switch nothing off.
 */
export function replacing<This extends object, How extends readonly unknown[], Result>(
  type: Class<This>,
  name: string,
  by: (original: (self: This, how: How) => Result) => (self: This, how: How) => Result,
): Sabotage {
  return () => {
    const { prototype } = type;
    const known = Object.getOwnPropertyDescriptor(prototype, name);
    if (typeof known?.value !== 'function') throw new Error(`no method ${name} to replace`);
    const original = known.value as (...how: readonly unknown[]) => Result;
    const replacement = by((self, how) => Reflect.apply(original, self, [...how]) as Result);
    Object.defineProperty(prototype, name, {
      ...known,
      value(this: This, ...how: unknown[]): Result {
        return replacement(this, how as unknown as How);
      },
    });
    return () => Object.defineProperty(prototype, name, known);
  };
}

/** Runs something while a sabotage is installed. */
export async function sabotaged<T>(install: Sabotage, run: () => Promise<T>): Promise<T> {
  const undo = install();
  try {
    return await run();
  } finally {
    undo();
  }
}
