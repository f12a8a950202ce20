// A state as a tree: groups open and close, and what is closed is not in the page, however much it is.
import { isGroup, step } from './difference.js';
import { html, nothing } from './vendor.js';
import { count, instant } from './words.js';

/** Groups of no more entries than this are open from the beginning, down to this depth. */
const OPEN_ENTRIES = 16;
const OPEN_DEPTH = 1;
/** What is more than this is a time since the Unix epoch, and no length of time: 2001. */
const EPOCH_MICROS = 1e15;

/** @typedef {import('../../api/state/state-schemas').UnitState['cut'][number]} Cut */

export class StateTree {
  /** Groups that are not as they are from the beginning. */
  #turned = new Set();
  #draw;
  #linkOf;

  /** @param {() => void} draw @param {(path: string) => string} linkOf the link to a part of the state alone */
  constructor(draw, linkOf) {
    this.#draw = draw;
    this.#linkOf = linkOf;
  }

  /** @param {unknown} state @param {string} path where it is in the whole state @param {Cut[]} cut */
  view(state, path, cut) {
    const cuts = new Map(cut.map((each) => [each.path, each]));
    if (!isGroup(state)) return html`<p>${scalar(state)}</p>`;
    return html`<div class="tree">${this.#entries(state, path, cuts, 0)}</div>`;
  }

  /**
   * @param {Record<string, unknown>} group @param {string} path @param {Map<string, Cut>} cuts @param {number} depth
   * @returns {import('./vendor.js').TemplateResult}
   */
  #entries(group, path, cuts, depth) {
    const cut = cuts.get(path);
    const entries = Object.entries(group);
    return html`<ul>
      ${entries.map(([name, value]) => html`<li>${this.#entry(name, value, path + step(name), cuts, depth)}</li>`)}
      ${cut ? html`<li class="cut">${cutWords(cut)} <a href=${this.#linkOf(path)}>only this part</a></li>` : nothing}
    </ul>`;
  }

  /** @param {string} name @param {unknown} value @param {string} path @param {Map<string, Cut>} cuts @param {number} depth */
  #entry(name, value, path, cuts, depth) {
    if (!isGroup(value)) return html`<span class="name">${name}</span> ${scalar(value, name)}`;
    const size = cuts.get(path)?.size ?? Object.keys(value).length;
    if (size === 0) return html`<span class="name">${name}</span> <span class="none">none</span>`;
    const isOpen = (depth < OPEN_DEPTH && size <= OPEN_ENTRIES) !== this.#turned.has(path);
    /** @param {Event} event */
    const turn = (event) => {
      event.preventDefault();
      if (!this.#turned.delete(path)) this.#turned.add(path);
      this.#draw();
    };
    return html`<details ?open=${isOpen}>
      <summary @click=${turn}><span class="name">${name}</span> <small>${count(size)}</small></summary>
      ${isOpen ? this.#entries(value, path, cuts, depth + 1) : nothing}
    </details>`;
  }
}

/** @param {Cut} cut */
export const cutWords = ({ size, offset, shown }) =>
  shown === 0
    ? `${count(size)} entries are not shown here`
    : `${count(offset + 1)} to ${count(offset + shown)} of ${count(size)} are shown`;

/** A value as the API gives it; of an instant also when it was. @param {unknown} value @param {string} [name] */
function scalar(value, name = '') {
  if (value === null || value === undefined) return html`<span class="none">nothing</span>`;
  const isInstant = typeof value === 'number' && value > EPOCH_MICROS && name.endsWith('AtMicros');
  return html`<span class="value">${String(value)}</span
    >${isInstant ? html` <small>${instant(value).slice(11)}</small>` : nothing}`;
}
