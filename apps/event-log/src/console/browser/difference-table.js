import { differences } from './difference.js';
import { table } from './parts.js';
import { cutWords } from './state-tree.js';
import { html, nothing } from './vendor.js';
import { count, several } from './words.js';

/** @typedef {import('../../api/state/state-schemas').UnitState} UnitState */
/** @typedef {import('./difference.js').Change} Change */

/** Places of one part that are shown, and letters of a value. */
const SHOWN = 200;
const LETTERS = 200;
/** Parts with no more places than this are open. */
const OPEN = 12;

/** What differs between two moments of a unit, part by part. @param {UnitState} one @param {UnitState} other */
export function differenceTable(one, other) {
  const changes = differences(one.state, other.state, one.path);
  const cut = new Map([...one.cut, ...other.cut].map((each) => [each.path, each]));
  /** @type {Map<string, Change[]>} */
  const parts = new Map();
  for (const change of changes) {
    const part = partOf(change.path, one.path);
    parts.set(part, [...(parts.get(part) ?? []), change]);
  }
  return html`<section aria-labelledby="difference">
    <h2 id="difference">What differs</h2>
    <p class="caption" role="status">
      ${
        changes.length === 0
          ? `Nothing differs between messages ${count(one.at)} and ${count(other.at)}.`
          : `${several(changes.length, 'place')} from message ${count(one.at)} to message ${count(other.at)}.`
      }
    </p>
    ${[...cut.values()].map((each) => html`<p class="warning">Of <code>${each.path}</code> ${cutWords(each)} and compared.</p>`)}
    ${[...parts].map(([part, all]) => partView(part, all, one.at, other.at))}
  </section>`;
}

/** The part of the state that a place belongs to: two steps, so that what is in a collection stands together. @param {string} path @param {string} root */
const partOf = (path, root) => root + path.slice(root.length).split('/').slice(0, 3).join('/');

/** @param {string} part @param {Change[]} changes @param {number} from @param {number} to */
function partView(part, changes, from, to) {
  const came = changes.filter(({ before }) => before === undefined).length;
  const left = changes.filter(({ after }) => after === undefined).length;
  const words = [
    [changes.length - came - left, 'changed'],
    [left, 'gone'],
    [came, 'new'],
  ].flatMap(([number, what]) => (number === 0 ? [] : [`${count(Number(number))} ${what}`]));
  return html`<details class="differing" ?open=${changes.length <= OPEN}>
    <summary><code>${part === '' ? '/' : part}</code> <small>${words.join(', ')}</small></summary>
    ${table(
      `What differs in ${part}`,
      'difference',
      ['Where', `At ${count(from)}`, `At ${count(to)}`],
      changes.slice(0, SHOWN).map(
        ({ path, before, after }) =>
          html`<tr>
            <th scope="row"><code>${path === '' ? '/' : path}</code></th>
            <td class="before">${valuePart(before)}</td>
            <td class="after">${valuePart(after)}</td>
          </tr>`,
      ),
    )}
    ${changes.length > SHOWN ? html`<p class="caption">${count(changes.length - SHOWN)} more are not shown.</p>` : nothing}
  </details>`;
}

/** @param {unknown} value */
function valuePart(value) {
  if (value === undefined) return html`<span class="none">not there</span>`;
  const text = JSON.stringify(value);
  return html`<code title=${text.length > LETTERS ? text : nothing}
    >${text.length > LETTERS ? `${text.slice(0, LETTERS)}…` : text}</code
  >`;
}
