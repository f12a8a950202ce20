// What differs between two states.

/**
 * One place that is not the same; `undefined` where there is nothing at that place.
 *
 * @typedef {{ path: string, before: unknown, after: unknown }} Change
 */

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export const isGroup = (value) => typeof value === 'object' && value !== null;

/** A step of a JSON pointer. @param {string} name */
export const step = (name) => `/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`;

/**
 * Every place where two values differ, in the order of the first and then of what is only in the other. What is there in one alone is
 * one change, however large it is. What moved in a list has not changed: of lists it is said what left them and what came.
 *
 * @param {unknown} before
 * @param {unknown} after
 * @param {string} [path]
 * @returns {Change[]}
 */
export function differences(before, after, path = '') {
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path);
  if (isGroup(before) && isGroup(after) && !Array.isArray(before) && !Array.isArray(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differences(before[name], after[name], path + step(name)));
  }
  return before === after ? [] : [{ path, before, after }];
}

/** @param {unknown[]} before @param {unknown[]} after @param {string} path @returns {Change[]} */
function listDifferences(before, after, path) {
  const left = without(before, after).map(([place, value]) => ({
    path: path + step(place),
    before: value,
    after: undefined,
  }));
  const came = without(after, before).map(([place, value]) => ({
    path: path + step(place),
    before: undefined,
    after: value,
  }));
  return [...left, ...came];
}

/** The entries of a list that another one does not have, as often as it does not. @param {unknown[]} list @param {unknown[]} other */
function without(list, other) {
  /** @type {Map<string, number>} */
  const held = new Map();
  for (const value of other) held.set(JSON.stringify(value), (held.get(JSON.stringify(value)) ?? 0) + 1);
  return list.flatMap((value, place) => {
    const text = JSON.stringify(value);
    const times = held.get(text) ?? 0;
    held.set(text, times - 1);
    return times > 0 ? [] : [/** @type {[string, unknown]} */ ([String(place), value])];
  });
}
