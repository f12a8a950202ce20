import { linkTo } from './route.js';
import { html, nothing } from './vendor.js';
import { RUN_STATES } from './words.js';

const VIEWS = [
  ['live', 'Live'],
  ['faults', 'Faults'],
  ['state', 'State'],
  ['studies', 'Studies'],
  ['audit', 'Audit'],
];

/**
 * The head of every view: the ways to all of them, and of which run they speak.
 *
 * @param {{ view: string, run: string, runs: import('./main.js').RunList }} where
 */
export function masthead({ view, run, runs }) {
  const isListed = runs.runs.some((each) => each.run === run);
  /** @param {Event} event */
  const choose = (event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    location.hash = linkTo([view === 'live' || view === 'studies' ? 'faults' : view], { run: value });
  };
  return html`<header class="masthead">
    <a class="brand" href=${linkTo(['live'])}>Faultline</a>
    <nav aria-label="Views">
      ${VIEWS.map(
        ([name, title]) =>
          html`<a
            href=${linkTo([name ?? ''], name === 'live' || name === 'studies' ? {} : { run })}
            aria-current=${view === name ? 'page' : 'false'}
            >${title}</a
          >`,
      )}
    </nav>
    <label class="chooser"
      ><span>Run</span>
      <select @change=${choose} ?disabled=${run === ''}>
        ${isListed ? nothing : html`<option value=${run} selected>${run === '' ? 'none' : run}</option>`}
        ${runs.runs.map(
          (each) =>
            html`<option value=${each.run} ?selected=${each.run === run} .selected=${each.run === run}>
              ${[each.run, each.scenario, RUN_STATES[each.state]].filter(Boolean).join(' · ')}
            </option>`,
        )}
      </select></label
    >
  </header>`;
}
