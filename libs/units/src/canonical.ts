/**
 * A text of plain data, the same for the same data: fields by name, since how an object was put together says nothing, and Maps and Sets
 * in their order, which is part of a state.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`;
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    // By name: what a snapshot gives may be of another realm's classes.
    switch (Object.prototype.toString.call(each)) {
      case '[object Map]':
        return { map: [...(each as Map<unknown, unknown>)] };
      case '[object Set]':
        return { set: [...(each as Set<unknown>)] };
      default:
        if (ArrayBuffer.isView(each)) return { numbers: [...(each as Uint8Array)] };
        return Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)));
    }
  });
}
