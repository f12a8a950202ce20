// Where the console is: everything that a view shows is in the part of the address after `#`, so that every view can be sent on.
import { queryText } from './api.js';

/**
 * @typedef {object} Route
 * @property {string} view the first part of the path, such as `faults`
 * @property {string[]} rest further parts of it
 * @property {Record<string, string>} query
 */

/** @param {string} hash @returns {Route} */
export function routeOf(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', ...rest] = path.split('/').map(decoded);
  return { view, rest, query: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * The link to a view.
 *
 * @param {string[]} parts
 * @param {Record<string, string | number | null | undefined>} [query]
 */
export const linkTo = (parts, query = {}) =>
  `#/${parts.map(encodeURIComponent).join('/')}${queryText(query)}`;

/** What somebody typed may be no encoding of anything. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
