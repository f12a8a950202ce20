// What is live, in numbers.
import { table, tileList } from '../parts.js';
import { linkTo } from '../route.js';
import { html, nothing } from '../vendor.js';
import { count, micros, rate, share, STAGES } from '../words.js';

/** @typedef {import('./feed.js').LiveState} LiveState */
/** @typedef {import('./feed.js').Progress} Progress */

/** How far the run is. @param {LiveState} state */
export function progressPart({ progress, services }) {
  if (!progress) return nothing;
  const { totals, accesses, faultsPerSecond, eventsPerSecond } = progress;
  const letters = services.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  return html`${
    accesses === null
      ? nothing
      : html`<p class="progress">
          <progress
            max=${Math.max(1, accesses)}
            .value=${Math.min(totals.accessesEnded, accesses)}
            aria-label="Accesses that ended"
          ></progress>
          <small
            >${count(totals.accessesEnded)} of ${count(accesses)} accesses,
            ${share(totals.accessesEnded, accesses)}</small
          >
        </p>`
  }
  ${tileList([
    ['Faults', count(totals.faults), `settled, ${count(totals.open)} open`],
    ['Throughput', rate(faultsPerSecond), `${rate(eventsPerSecond)} events`],
    ['Retries', count(totals.retries), 'missed again after a response'],
    ['Overflows', count(totals.overflows), 'times a ring was found full'],
    ['Dropped', count(totals.dropped), 'page requests not taken'],
    ['Dead letters', count(letters), 'messages of no use to anybody'],
  ])}`;
}

/** The stages of what settled last. @param {Progress} progress */
export const stagesPart = ({ stages }) =>
  table(
    'Stages of what settled last',
    'stages',
    ['Stage', ['Faults', 'number'], ['Mean', 'number'], ['p50', 'number'], ['p99', 'number']],
    [...STAGES, /** @type {const} */ (['total', 'end to end'])].map(([id, name]) => {
      const look = stages[id];
      return html`<tr>
        <th scope="row">${name}</th>
        <td class="number">${count(look?.count ?? 0)}</td>
        <td class="number">${micros(look?.meanMicros)}</td>
        <td class="number">${micros(look?.p50Micros)}</td>
        <td class="number">${micros(look?.p99Micros)}</td>
      </tr>`;
    }),
  );

const STANDING = { here: 'here', late: 'late: heartbeats did not come', gone: 'gone' };

/** Who makes the path, or waits to: then nobody owns anything. @param {LiveState} state */
export function servicesPart({ services, laboratory }) {
  /** @type {([title: string, kind: string] | string)[]} */
  const ofLaboratory = laboratory ? ['Owns', ['Dead letters', 'number']] : [];
  /** @param {LiveState['services'][number]} service */
  const inLaboratory = ({ units, deadLetters }) =>
    html`<td class="owns">
        ${units.map((unit, place) => [place > 0 ? ', ' : nothing, unitPart(unit, laboratory?.run)])}
      </td>
      <td class="number">${count(deadLetters)}</td>`;
  return html`<section aria-labelledby="services">
    <h2 id="services">Services</h2>
    ${table(
      'Services',
      'services',
      ['Instance', 'Standing', 'Says', ...ofLaboratory, ['Process', 'number']],
      services.map((each) => {
        const { instance, service, standing, state, reason, pid } = each;
        return html`<tr class=${standing}>
          <th scope="row"><b>${instance}</b><small>${service}</small></th>
          <td class="standing">${STANDING[standing]}</td>
          <td>${state}${reason === null ? nothing : html`<small class="bad">${reason}</small>`}</td>
          ${laboratory ? inLaboratory(each) : nothing}
          <td class="number">${pid}</td>
        </tr>`;
      }),
    )}
  </section>`;
}

/** @param {string} unit @param {string | null | undefined} run */
const unitPart = (unit, run) =>
  run && /^(iommu|mm|segment)\.\d+$/.test(unit)
    ? html`<a href=${linkTo(['state', unit], { run })}>${unit}</a>`
    : unit;

/** Every counter there is. @param {LiveState} state */
export const countersPart = ({ counters }) =>
  html`<section aria-labelledby="counters">
    <h2 id="counters">Counters</h2>
    <ul class="kinds">
      ${Object.entries(counters)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, number]) => html`<li><span>${name}</span> <b>${count(number)}</b></li>`)}
    </ul>
  </section>`;
