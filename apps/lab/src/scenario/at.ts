/** The parser has checked all references, so a missing one is a defect of the program. */
export function at<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`scenario reference '${String(key)}' was not resolved`);
  return value;
}
