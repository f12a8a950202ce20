// The frame of the console: which view, of which run.
import { ask, runPath } from './api.js';
import { masthead } from './masthead.js';
import { routeOf } from './route.js';
import { html, nothing, render } from './vendor.js';

/** @typedef {import('./vendor.js').Part} Part */
/** @typedef {import('../../api/runs/run-schemas').RunList} RunList */
/** @typedef {import('../../api/runs/run-schemas').RunDetail} RunDetail */

/**
 * What a view is given: where it is, what it is about, and how it has itself drawn again.
 *
 * @typedef {object} Context
 * @property {string[]} rest parts of the path after the name of the view
 * @property {Record<string, string>} query
 * @property {string} run id of the run; empty where there is none
 * @property {Promise<RunDetail | null>} detail of the run, which may be on its way; null for a view that is of none
 * @property {RunList} runs as they are known now
 * @property {() => Promise<void>} relist asks for the runs again, and has everything drawn that speaks of them
 * @property {AbortSignal} signal aborted when the view is left
 * @property {() => void} draw
 */

/**
 * What a view gives: its title, and what is to be seen of it now.
 *
 * @typedef {{ title: string, content: () => Part }} View
 */

/** @typedef {{ open: (context: Context) => Promise<View> | View }} Opener */

/**
 * Views by their names, each loaded when it is first looked at: most are not.
 *
 * @type {Record<string, { load: (rest: string[]) => Promise<Opener>, ofRun: boolean }>}
 */
const views = {
  live: { load: () => import('./views/live.js'), ofRun: false },
  faults: {
    load: (rest) => (rest.length > 0 ? import('./views/fault.js') : import('./views/faults.js')),
    ofRun: true,
  },
  state: { load: () => import('./views/state.js'), ofRun: true },
  studies: { load: () => import('./views/studies.js'), ofRun: false },
  audit: { load: () => import('./views/audit.js'), ofRun: true },
};

/** Which runs there are to choose from. */
const RUNS = { limit: 200 };

/** @type {RunList} */
let runs = { runs: [], live: null, nextCursor: null };
let leave = new AbortController();
/** @type {View} */
let shown = { title: '', content: () => nothing };
let isBusy = true;
let at = { view: 'live', run: '' };
/** The address of what is shown, which is not that of the page while another view is on its way. */
/** @type {string | undefined} */
let shownAt;

function draw() {
  const { view, run } = at;
  render(
    html`<a class="skip" href="#main" @click=${toContent}>Skip to the content</a>
      ${masthead({ view, run, runs })}
      <main id="main" tabindex="-1" aria-busy=${isBusy ? 'true' : 'false'} data-shown=${shownAt ?? nothing}>
        ${shown.content()}
      </main>
      <footer>
        <p>
          Faultline · everything here is asked of this service, whose API is described at
          <a href="/api/docs/">/api/docs</a>. Times are UTC.
        </p>
      </footer>`,
    document.body,
  );
}

/** The address says which view it is, so that it cannot say where in the page one is. @param {Event} event */
function toContent(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** Whether an address names one run, whichever others there are. @param {string | undefined} asked @returns {asked is string} */
const isNamed = (asked) => !!asked && asked !== 'latest' && asked !== 'live';

/** The run that an address names; without one, the run that goes on, or else the newest. @param {string | undefined} asked */
const runOf = (asked) => (isNamed(asked) ? asked : (runs.live ?? runs.runs[0]?.run ?? ''));

/**
 * Which view an address means, and of which run. Where nothing runs, what has run is of more interest than that nothing does.
 *
 * @param {import('./route.js').Route} route
 */
const placeOf = ({ view, query }) => ({
  view: isView(view) ? view : runs.live === null && runs.runs.length > 0 ? 'faults' : 'live',
  run: runOf(query.run),
});

/** @param {string} name */
const isView = (name) => Object.hasOwn(views, name);

async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const route = routeOf(location.hash);
  const meant = isView(route.view) ? views[route.view] : undefined;
  meant?.load(route.rest).catch(() => undefined);
  const listed = ask('/api/runs', RUNS, signal).then((/** @type {RunList} */ list) => void (runs = list));
  isBusy = true;
  if (document.body.hasChildNodes()) draw();
  const before = at;
  try {
    // An address that names view and run says what is to be asked; else the runs that there are do.
    if (!meant?.ofRun || !isNamed(route.query.run)) await listed;
    at = placeOf(route);
    const [opened] = await Promise.all([opener(route, signal), listed]);
    if (signal.aborted) return;
    shown = opened;
    settle(before.view !== at.view || route.rest.length > 0);
  } catch (error) {
    if (signal.aborted) return;
    shown = failed(/** @type {Error} */ (error));
    settle(false);
  }
}

/** @param {import('./route.js').Route} route @param {AbortSignal} signal */
async function opener({ view, rest: parts, query }, signal) {
  const { run } = at;
  const rest = isView(view) ? parts : [];
  const { load, ofRun } = /** @type {(typeof views)[string]} */ (views[at.view]);
  if (ofRun && run === '') return none();
  /** @type {Promise<RunDetail | null>} */
  const detail = ofRun ? ask(runPath(run), {}, signal) : Promise.resolve(null);
  // Who opens the view is told of what it fails with.
  detail.catch(() => undefined);
  const { open } = await load(rest);
  const drawIfHere = () => {
    if (!signal.aborted) draw();
  };
  const relist = async () => {
    runs = await ask('/api/runs', RUNS, signal).catch(() => runs);
    drawIfHere();
  };
  return open({
    ...{ rest, query, run, detail, signal, relist, draw: drawIfHere },
    get runs() {
      return runs;
    },
  });
}

/** @param {boolean} isOther another view than before: who listens to the page is told, and who scrolled begins at its top */
function settle(isOther) {
  shownAt = location.hash;
  isBusy = false;
  document.title = `${shown.title} · Faultline`;
  draw();
  document.documentElement.classList.add('drawn');
  if (isOther) scrollTo(0, 0);
}

/** @returns {View} */
const none = () => ({
  title: 'No run',
  content: () =>
    html`<h1>No run yet</h1>
      <p class="nothing">
        There is no run in the folder of this service.
        <code>npx faultline run examples/small.yaml</code> makes one.
      </p>`,
});

/** @param {Error} error @returns {View} */
const failed = (error) => ({
  title: 'Not shown',
  content: () =>
    html`<h1>This cannot be shown</h1>
      <p class="warning" role="alert">${error.message}</p>
      <p><button type="button" @click=${show}>Try again</button></p>`,
});

addEventListener('hashchange', show);
void show();
