// A unit at any moment of a run, and what differs between two moments.
import { ask, runPath } from '../api.js';
import { live } from '../directives.js';
import { differenceTable } from '../difference-table.js';
import { heading } from '../parts.js';
import { linkTo } from '../route.js';
import { StateTree } from '../state-tree.js';
import { html, nothing } from '../vendor.js';
import { count, instant } from '../words.js';

/** @typedef {import('../../../api/state/state-schemas').UnitState} UnitState */
/** @typedef {import('../../../api/log/log-schemas').LogPage} LogPage */

/** Entries of a collection that are shown, and that are compared. */
const SHOWN = 100;
const COMPARED = 1_000;
/** How long a slider rests before its moment is asked for. */
const REST_MILLIS = 120;

/** @param {import('../main.js').Context} context @returns {Promise<import('../main.js').View>} */
export async function open(context) {
  const { rest, query } = context;
  const detail = await context.detail;
  const units = detail?.units ?? [];
  const unit = rest[0] ?? units[0];
  if (unit === undefined) return unknown();
  const end = detail?.record.position ?? 1;
  const view = new StateView(context, detail, unit, {
    at: within(query.at, end) ?? end,
    other: within(query.with, end),
    path: query.path ?? '',
  });
  await view.load();
  return { title: `State of ${unit}`, content: () => view.content() };
}

/** @returns {import('../main.js').View} */
const unknown = () => ({
  title: 'State',
  content: () =>
    html`<h1>State</h1>
      <p class="nothing">The log of this run has no scenario, without which no unit is known.</p>`,
});

/** A moment of the log. @param {string | undefined} text @param {number} end */
function within(text, end) {
  const number = Number(text);
  return text !== undefined && Number.isInteger(number) ? Math.min(end, Math.max(1, number)) : undefined;
}

class StateView {
  /** @type {UnitState | undefined} */
  #state;
  /** @type {UnitState | undefined} */
  #otherState;
  /** @type {LogPage['events']} */
  #events = [];
  /** @type {Error | undefined} */
  #failure;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  #asking = new AbortController();
  #tree;

  /**
   * @param {import('../main.js').Context} context
   * @param {import('../main.js').RunDetail | null} detail
   * @param {string} unit
   * @param {{ at: number, other: number | undefined, path: string }} where
   */
  constructor(context, detail, unit, { at, other, path }) {
    this.context = context;
    this.detail = detail;
    this.unit = unit;
    this.at = at;
    this.other = other;
    this.path = path;
    this.#tree = new StateTree(context.draw, (part) => this.link({ path: part }));
    context.signal.addEventListener('abort', () => {
      clearTimeout(this.#resting);
      this.#asking.abort();
    });
  }

  /** @param {{ unit?: string, at?: number, other?: number | undefined, path?: string }} change */
  link(change = {}) {
    const { unit, at, other, path } = { ...this, ...change };
    return linkTo(['state', unit], { run: this.context.run, at, with: other, path });
  }

  /** Asks for what is to be seen; what was asked before is not waited for any more. */
  async load() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const base = runPath(this.context.run);
    const state = `${base}/state/${encodeURIComponent(this.unit)}`;
    const { path, at, other } = this;
    const limit = other === undefined ? SHOWN : COMPARED;
    try {
      /** @type {[UnitState, UnitState | undefined, LogPage]} */
      const [one, two, log] = await Promise.all([
        ask(state, { at, path, limit }, signal),
        other === undefined ? undefined : ask(state, { at: other, path, limit }, signal),
        ask(`${base}/log`, { from: at, to: at, limit: 50 }, signal),
      ]);
      this.#state = one;
      this.#otherState = two;
      this.#events = log.events;
      this.#failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#failure = /** @type {Error} */ (error);
    }
    this.context.draw();
  }

  /** @param {{ at?: number, other?: number }} moments */
  #move({ at = this.at, other = this.other }) {
    const end = this.detail?.record.position ?? 1;
    this.at = Math.min(end, Math.max(1, at));
    this.other = other === undefined ? undefined : Math.min(end, Math.max(1, other));
    // The address goes along, without a stop for each step on the way.
    history.replaceState(null, '', this.link());
    this.context.draw();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => void this.load(), REST_MILLIS);
  }

  async #toNext() {
    /** @type {LogPage} */
    const { events } = await ask(
      `${runPath(this.context.run)}/log`,
      { unit: this.unit, from: this.at + 1, limit: 1 },
      this.context.signal,
    );
    this.#move({ at: events[0]?.sequence ?? this.at });
  }

  content() {
    const { unit, other } = this;
    const { detail } = this;
    const { run } = this.context;
    return html`${heading('State', `run ${run}`)}
      <form
        class="moments-form"
        aria-label="Unit and moment"
        @submit=${(/** @type {Event} */ event) => event.preventDefault()}
      >
        <label class="unit"
          >Unit
          <select
            @change=${(/** @type {Event} */ event) => (location.hash = this.link({ unit: valueOf(event), path: '' }))}
          >
            ${(detail?.units ?? [unit]).map((each) => html`<option .selected=${each === unit}>${each}</option>`)}
          </select></label
        >
        ${this.#slider('at', other === undefined ? 'Moment' : 'First moment', this.at)}
        ${other === undefined ? nothing : this.#slider('other', 'Second moment', other)}
        <p class="actions">
          <button type="button" @click=${() => void this.#toNext()}>Next message of ${unit}</button>
          ${
            other === undefined
              ? html`<a class="button" href=${this.link({ other: this.at })}>Compare with another moment</a>`
              : html`<a class="button" href=${this.link({ other: undefined })}>One moment only</a>`
          }
        </p>
      </form>
      ${this.#failure ? html`<p class="warning" role="alert">${this.#failure.message}</p>` : nothing}
      ${this.#happened()}
      ${this.path === '' ? nothing : html`<p class="path">Only <code>${this.path}</code> · <a href=${this.link({ path: '' })}>all of it</a></p>`}
      ${this.#shown()}`;
  }

  /** @param {'at' | 'other'} which @param {string} title @param {number} value */
  #slider(which, title, value) {
    const end = this.detail?.record.position ?? 1;
    const moved = (/** @type {Event} */ event) => this.#move({ [which]: Math.round(Number(valueOf(event))) });
    const step = (/** @type {number} */ by) => () => this.#move({ [which]: value + by });
    return html`<fieldset>
      <legend>${title}</legend>
      <input
        type="range"
        min="1"
        max=${end}
        .value=${live(String(value))}
        aria-label="${title}, as a message of the log"
        aria-valuetext="message ${count(value)} of ${count(end)}"
        @input=${moved}
      />
      <span class="steps">
        <button type="button" aria-label="${title}: one message back" @click=${step(-1)}>−</button>
        <input
          type="number"
          min="1"
          max=${end}
          .value=${live(String(value))}
          aria-label="${title}, sequence"
          @change=${moved}
        />
        <button type="button" aria-label="${title}: one message on" @click=${step(1)}>+</button>
        <small>of ${count(end)}</small>
      </span>
    </fieldset>`;
  }

  /** What the message of the moment says. */
  #happened() {
    const [first] = this.#events;
    if (!first) return nothing;
    /** @type {Map<string, number>} */
    const kinds = new Map();
    for (const { kind } of this.#events) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const when = first.atMicros === null ? '' : `, ${instant(first.atMicros).slice(11)}`;
    const what = [...kinds]
      .map(([kind, number]) => (number === 1 ? kind : `${count(number)} ${kind}`))
      .join(', ');
    return html`<p class="caption" role="status">
      Message ${count(first.sequence)}: ${first.unit} wrote ${what}${when}.
    </p>`;
  }

  #shown() {
    const [state, other] = [this.#state, this.#otherState];
    if (!state) return nothing;
    const cycle =
      state.whole && (other?.whole ?? true)
        ? nothing
        : html`<p class="caption">
            At this message only part of what the IOMMU decided in one cycle was written; that cycle is not
            shown yet.
          </p>`;
    if (other) return html`${cycle}${differenceTable(state, other)}`;
    return html`<section aria-label="State of ${this.unit}">
      ${cycle}${this.#tree.view(state.state, this.path, state.cut)}
    </section>`;
  }
}

/** @param {Event} event */
const valueOf = ({ target }) => /** @type {HTMLInputElement} */ (target).value;
