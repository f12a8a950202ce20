// What is going on now: the path as a picture, how fast it is, and how well those are who make it.
import { ask, runPath } from '../api.js';
import { Chart } from '../live/chart.js';
import { Feed } from '../live/feed.js';
import { pathLayers, queueId } from '../live/path-layers.js';
import { PathPicture } from '../live/path-picture.js';
import { countersPart, progressPart, servicesPart, stagesPart } from '../live/tables.js';
import { Rates } from '../live/rates.js';
import { heading, reportLink } from '../parts.js';
import { linkTo } from '../route.js';
import { scenarioOf } from '../scenario.js';
import { html, nothing } from '../vendor.js';
import { micros, rate, STAGES } from '../words.js';

/** @typedef {import('../live/feed.js').LiveState} LiveState */
/** @typedef {import('../scenario.js').Scenario} Scenario */

/** @type {Record<string, string>} */
const ENDS = { finished: 'has finished', stopped: 'was stopped', failed: 'has failed' };

/** The laboratory of a run has the name of the run. @param {NonNullable<LiveState['laboratory']>} laboratory */
const nameOf = ({ lab, run, scenario }) =>
  [lab === `run-${run}` ? '' : `laboratory ${lab}`, `run ${run ?? 'not begun'}`, scenario]
    .filter(Boolean)
    .join(' · ');

/** @param {import('../main.js').Context} context @returns {import('../main.js').View} */
export function open(context) {
  const view = new LiveView(context);
  return { title: 'Live', content: () => view.content() };
}

/** Whether the run was over before anybody looked: then there is nothing to chart. @param {LiveState} state */
const isSilent = ({ laboratory, history }) =>
  !!laboratory?.ended && !history.some(({ faultsPerSecond }) => faultsPerSecond > 0);

class LiveView {
  #context;
  #feed;
  #rates = new Rates();
  #picture = new PathPicture();
  /** @type {{ run: string, scenario: Scenario | null } | undefined} */
  #known;
  #isAsking = false;
  /** Which run goes on, and whether it does: when that changes, so do the runs that there are. */
  #seen = '';
  #throughput;
  #latency;
  #toDraw = 0;

  /** @param {import('../main.js').Context} context */
  constructor(context) {
    this.#context = context;
    const { signal } = context;
    this.#throughput = new Chart(
      [{ name: 'faults settled a second', colour: 'accent', strong: true, fill: true }],
      rate,
      signal,
    );
    this.#latency = new Chart(
      [
        ...STAGES.map(([id, name]) => ({ name, colour: id })),
        { name: 'end to end', colour: 'ink', strong: true },
      ],
      micros,
      signal,
    );
    this.#feed = new Feed(() => this.#changed(), signal);
  }

  #changed() {
    const { state } = this.#feed;
    if (state) {
      this.#count(state);
      this.#chart(state);
      void this.#learn(state);
      this.#notice(state);
    }
    // Events come in bunches, and a picture of each would be seen by nobody.
    cancelAnimationFrame(this.#toDraw);
    this.#toDraw = requestAnimationFrame(() => this.#context.draw());
  }

  /** What the run is made of, once its record has it. @param {LiveState} state */
  async #learn({ laboratory }) {
    const run = laboratory?.run;
    if (!run || this.#isAsking || (this.#known?.run === run && this.#known.scenario)) return;
    this.#isAsking = true;
    this.#rates.forget();
    /** @type {import('../main.js').RunDetail | null} */
    const detail = await ask(runPath(run), {}, this.#context.signal).catch(() => null);
    this.#known = { run, scenario: scenarioOf(detail) };
    this.#isAsking = false;
    this.#context.draw();
  }

  /** @param {LiveState} state */
  #notice({ laboratory }) {
    const now = `${laboratory?.run} ${laboratory?.ended}`;
    if (this.#seen !== '' && this.#seen !== now) void this.#context.relist();
    this.#seen = now;
  }

  /** @param {LiveState} state */
  #count({ devices, queues, progress }) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { device, settled } of devices) counts.set(`device ${device}`, settled);
    for (const queue of queues) {
      counts.set(`queued ${queueId(queue)}`, queue.queued);
      counts.set(`handled ${queueId(queue)}`, queue.handled);
    }
    if (progress?.catchingUp) this.#rates.forget();
    this.#rates.take(performance.now(), counts);
  }

  /** @param {LiveState} state */
  #chart({ history }) {
    const seconds = history.map(({ atMicros }) => atMicros / 1e6);
    this.#throughput.show(seconds, [history.map(({ faultsPerSecond }) => faultsPerSecond)]);
    this.#latency.show(
      seconds,
      [...STAGES.map(([id]) => id), /** @type {const} */ ('total')].map((id) =>
        history.map(({ stages }) => stages[id]?.p99Micros ?? null),
      ),
    );
  }

  content() {
    const { state, isOpen } = this.#feed;
    const { laboratory } = state ?? {};
    const about = laboratory ? nameOf(laboratory) : 'the laboratory of this service';
    return html`${heading('Live', about)} ${this.#standing(state, isOpen)}
    ${!state ? nothing : laboratory ? this.#laboratory(state) : state.services.length > 0 ? servicesPart(state) : nothing}`;
  }

  /** One line that says whether what is shown is so now. @param {LiveState | undefined} state @param {boolean} isOpen */
  #standing(state, isOpen) {
    const ended = state?.laboratory?.ended;
    const run = state?.laboratory?.run;
    const words = !isOpen
      ? html`<p class="warning">
          ${state ? 'The service does not answer at the moment: what is shown is how it was.' : 'Asking the service…'}
        </p>`
      : !state?.laboratory
        ? this.#idle()
        : ended && run
          ? html`<p class="verdict">
              The run ${ENDS[ended]}: <a href=${linkTo(['faults'], { run })}>faults</a>,
              <a href=${linkTo(['audit'], { run })}>audit</a>${this.#report(run)}
            </p>`
          : state.progress?.catchingUp
            ? html`<p class="caption">
                Reading the record: message ${state.progress.position} of ${state.progress.recordedTo}.
              </p>`
            : nothing;
    return html`<div role="status">${words}</div>`;
  }

  /** Its report, once it is known to be there. @param {string} run */
  #report(run) {
    const { hasReport = false } = this.#context.runs.runs.find((each) => each.run === run) ?? {};
    return hasReport ? html`, ${reportLink(`${runPath(run)}/report.html`, `run ${run}`)}` : nothing;
  }

  /** What to say while nothing runs: what ran last, and how something is made to run. */
  #idle() {
    const [last] = this.#context.runs.runs;
    return html`<p class="nothing">
      No laboratory is running at this service now.
      <code>npx faultline run examples/quickstart.yaml</code> starts one.
      ${
        last
          ? html`The last run, ${last.run}${last.scenario ? ` of ${last.scenario}` : ''},
              ${ENDS[last.state] ?? 'has not ended in order'}:
              <a href=${linkTo(['faults'], { run: last.run })}>its faults</a>.`
          : nothing
      } <a href=${linkTo(['studies'])}>Past runs</a> are kept.
    </p>`;
  }

  /** @param {LiveState} state */
  #laboratory(state) {
    const scenario = this.#known?.run === state.laboratory?.run ? (this.#known?.scenario ?? null) : null;
    const last = state.history.at(-1);
    return html`${progressPart(state)}
      <section aria-labelledby="path">
        <h2 id="path">The path</h2>
        ${this.#picture.view(pathLayers(state, scenario, this.#rates))}
      </section>
      ${isSilent(state) ? nothing : this.#charts(last)} ${servicesPart(state)} ${countersPart(state)}`;
  }

  /** @param {import('../live/feed.js').Progress | undefined} last */
  #charts(last) {
    return html`<section aria-labelledby="throughput">
        <h2 id="throughput">Throughput</h2>
        ${this.#throughput.view(`Faults settled a second, over the last two minutes; now ${rate(last?.faultsPerSecond)}`)}
      </section>
      <section aria-labelledby="latency">
        <h2 id="latency">Stage latency</h2>
        <p class="caption">
          99 in 100 of the faults that settled took no more than this, wall time, from look to look.
        </p>
        ${this.#latency.view(`99th percentile of each stage over the last two minutes; end to end now ${micros(last?.stages.total?.p99Micros)}`)}
        ${last ? stagesPart(last) : nothing}
      </section>`;
  }
}
