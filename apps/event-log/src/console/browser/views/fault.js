// One fault: what it was, its stages drawn to scale, and every event that speaks of it.
import { ask, runPath } from '../api.js';
import { commandLine, factList, heading, table } from '../parts.js';
import { linkTo } from '../route.js';
import { deviceName, iommuName, pasidWords, processesOf, scenarioOf } from '../scenario.js';
import { stageDrawing } from '../stage-drawing.js';
import { html, nothing } from '../vendor.js';
import { count, instant, micros, page, permissions, several } from '../words.js';

/** @typedef {import('../../../api/faults/fault-schemas').FaultTimeline} FaultTimeline */
/** @typedef {FaultTimeline['events'][number]} FaultEvent */
/** @typedef {import('../scenario.js').Scenario} Scenario */

/** @param {import('../main.js').Context} context @returns {Promise<import('../main.js').View>} */
export async function open({ rest, run, detail, signal }) {
  const [id = ''] = rest;
  /** @type {[FaultTimeline, Scenario | null]} */
  const [{ fault, traceUrl, events }, scenario] = await Promise.all([
    ask(`${runPath(run)}/faults/${encodeURIComponent(id)}`, {}, signal),
    detail.then(scenarioOf),
  ]);
  return {
    title: `Fault ${id}`,
    content: () =>
      html`${heading(`Fault ${fault.id}`, html`run ${run} · <a href=${linkTo(['faults'], { run })}>all faults</a>`)}
        <p class="lead">${lead(fault, scenario)}</p>
        ${fault.complete ? nothing : html`<p class="warning">The log does not show this fault from its sending to its end.</p>`}
        <section aria-labelledby="stages">
          <h2 id="stages">Stages</h2>
          ${stageDrawing(fault, scenario?.timeScale ?? 1)}
        </section>
        <section aria-labelledby="about">
          <h2 id="about">What it was about</h2>
          ${about({ fault, traceUrl, events }, run, scenario)}
        </section>
        <section aria-labelledby="events">
          <h2 id="events">Events</h2>
          ${eventTable(fault, events, run)}
          <p class="caption">
            The same on the command line: ${commandLine(`npx faultline fault ${run} ${fault.id}`)}
          </p>
        </section>`,
  };
}

/** @param {FaultTimeline['fault']} fault @param {Scenario | null} scenario */
function lead(fault, scenario) {
  const { device, iommu, model, code, settlement, totalMicros } = fault;
  const who = `${deviceName(scenario, device)} missed page ${page(fault.page)} and told ${iommuName(scenario, iommu)}, ${model === 'pri' ? 'by PRI' : 'which stalled it'}.`;
  const end =
    totalMicros === null
      ? 'It never settled.'
      : `It settled after ${micros(totalMicros)}: ${settlement?.replace('-', ' ') ?? 'over'}.`;
  return `${who} The answer was ${code}. ${end}`;
}

/** @param {Pick<FaultTimeline, 'fault' | 'traceUrl' | 'events'>} timeline @param {string} run @param {Scenario | null} scenario */
function about({ fault, traceUrl, events }, run, scenario) {
  const { device, iommu, pasid, sequences, segment } = fault;
  /** @param {string} unit @param {number | null} at @param {string} [path] */
  const state = (unit, at, path) =>
    html`<a href=${linkTo(['state', unit], { run, at, path })}
      >state of ${unit}${at === null ? '' : ` at ${count(at)}`}</a
    >`;
  const processes = processesOf(scenario, pasid);
  const shard = processes[0]?.shard ?? 0;
  const named = processes.map(({ name }) => name).join(', then ');
  return factList([
    [
      'Device',
      html`${deviceName(scenario, device)}: <a href=${linkTo(['faults'], { run, device })}>its faults</a>,
        ${state(`segment.${segment}`, sequences.settled)}`,
    ],
    ['IOMMU', html`${iommuName(scenario, iommu)}: ${state(`iommu.${iommu}`, sequences.written)}`],
    [
      'Process',
      html`${named === '' ? '' : `${named}, `}${pasidWords(pasid)}:
        <a href=${linkTo(['faults'], { run, pasid })}>its faults</a>,
        ${state(`mm.${shard}`, sequences.handled)}`,
    ],
    [
      'Page',
      html`<code>${page(fault.page)} ${permissions(fault.permissions)}</code>:
        <a href=${linkTo(['faults'], { run, page: page(fault.page) })}>faults at this page</a>`,
    ],
    ['Group', groupPart(fault, events, run)],
    ['Queue', fault.queue ?? 'none: it was in no closed group'],
    [
      'Answer',
      html`${fault.code}, resolution
        ${fault.resolution ?? 'none'}${fault.error && fault.error !== 'none' ? `, ${fault.error}` : ''}:
        <a href=${linkTo(['faults'], { run, code: fault.code })}>faults answered so</a>`,
    ],
    [
      'Access',
      fault.access === null ? 'not told' : `${count(fault.access)}, ${fault.settlement ?? 'not settled'}`,
    ],
    ...tracePart(fault.traceId, traceUrl),
  ]);
}

/**
 * What its trace is called, where it has one, and the way there, where one is known.
 *
 * @param {string | null} traceId @param {string | null} traceUrl @returns {[string, import('../vendor.js').Part][]}
 */
function tracePart(traceId, traceUrl) {
  if (traceId === null) return [];
  const name = html`<code>${traceId}</code>`;
  return [
    [
      'Trace',
      traceUrl === null ? name : html`<a href=${traceUrl} target="_blank" rel="noopener">${name}</a>`,
    ],
  ];
}

/** Its group, and who else was in it. @param {FaultTimeline['fault']} fault @param {FaultEvent[]} events @param {string} run */
function groupPart(fault, events, run) {
  if (fault.group === null) return 'none: it was in no closed group';
  const queued = events.find(({ event }) => event.kind === 'GroupQueued');
  const members = /** @type {{ segment: number, segmentEpoch: number, request: number, round: number }[]} */ (
    queued?.event.members ?? []
  );
  const ids = members.map(
    ({ segment, segmentEpoch, request, round }) =>
      `${segment}.${segmentEpoch}.${request}${round > 0 ? `.${round}` : ''}`,
  );
  return html`${fault.group}, group id
  ${fault.groupId}${ids.length === 0 ? nothing : html`, ${several(ids.length, 'page request')}: `}
  ${ids.map((id, place) => [
    place > 0 ? ', ' : nothing,
    id === fault.id ? html`<b>${id}</b>` : html`<a href=${linkTo(['faults', id], { run })}>${id}</a>`,
  ])}`;
}

/** @param {FaultTimeline['fault']} fault @param {FaultEvent[]} events @param {string} run */
const eventTable = (fault, events, run) =>
  table(
    'Events of this fault',
    'events',
    [['After', 'number'], 'When', ['Sequence', 'number'], 'What', 'Who'],
    events.map(
      ({ sequence, unit, atMicros, event: { kind, ...fields } }) =>
        html`<tr>
          <td class="number">${atMicros === null ? '–' : micros(atMicros - fault.instants.sentAtMicros)}</td>
          <td>${atMicros === null ? '–' : instant(atMicros).slice(11)}</td>
          <td class="number">${count(sequence)}</td>
          <th scope="row">
            <details>
              <summary>${kind}</summary>
              <pre>${JSON.stringify(fields, null, 1)}</pre>
            </details>
          </th>
          <td>
            ${isUnit(unit) ? html`<a href=${linkTo(['state', unit], { run, at: sequence })}>${unit}</a>` : unit}
          </td>
        </tr>`,
    ),
  );

/** Whether it has a state that can be folded; workers have none. @param {string} unit */
const isUnit = (unit) => /^(iommu|mm|segment)\.\d+$/.test(unit);
