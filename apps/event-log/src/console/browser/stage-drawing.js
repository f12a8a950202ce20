// The stages of one fault to scale: each where it lies in the whole, and below them the moments that bound them.
import { html, nothing } from './vendor.js';
import { STAGES, micros, share } from './words.js';

/** @typedef {import('../../api/faults/fault-schemas').FaultTimeline['fault']} Fault */

/** What happened at each instant of a fault, and where. @type {[keyof Fault['instants'], string][]} */
const INSTANTS = [
  ['sentAtMicros', 'sent by the device'],
  ['writtenAtMicros', 'written by the IOMMU'],
  ['queuedAtMicros', 'its group queued'],
  ['startedAtMicros', 'a worker began'],
  ['handlingAtMicros', 'the mm began'],
  ['handledAtMicros', 'the mm was done'],
  ['respondedAtMicros', 'response sent'],
  ['receivedAtMicros', 'response received'],
  ['settledAtMicros', 'settled'],
];

/** @param {Fault} fault @param {number} timeScale */
export function stageDrawing(fault, timeScale) {
  const { instants, stages } = fault;
  const moments = INSTANTS.flatMap(([id, words]) => {
    const at = instants[id];
    return at === null ? [] : [{ words, after: at - instants.sentAtMicros }];
  });
  const whole = Math.max(...moments.map(({ after }) => after), 0);
  if (whole === 0) return html`<p class="nothing">No time passed that the log tells of.</p>`;
  let from = 0;
  const rows = STAGES.flatMap(([id, name]) => {
    const length = stages[id];
    if (length === null) return [];
    const begin = from;
    from += length;
    return [{ id, name, begin, length }];
  });
  const hasModelTime = timeScale !== 1;
  return html`<table class="timeline" aria-label="Stages of the fault, to scale">
      <thead>
        <tr>
          <th scope="col">Stage</th>
          <td class="track" aria-hidden="true">${axis(whole)}</td>
          <th scope="col" class="number">Wall time</th>
          ${hasModelTime ? html`<th scope="col" class="number model">Model time</th>` : nothing}
          <th scope="col" class="number share">Share</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ id, name, begin, length }) =>
            html`<tr data-stage=${id}>
              <th scope="row">${name}</th>
              <td class="track" aria-hidden="true">
                <i class="fill-${id}" .style=${place(begin, length, whole)}></i>
              </td>
              <td class="number">${micros(length)}</td>
              ${hasModelTime ? html`<td class="number model">${micros(length / timeScale)}</td>` : nothing}
              <td class="number share">${share(length, whole)}</td>
            </tr>`,
        )}
        <tr class="whole">
          <th scope="row">${fault.totalMicros === null ? 'so far' : 'end to end'}</th>
          <td class="track" aria-hidden="true">${marks(moments, whole)}</td>
          <td class="number">${micros(fault.totalMicros ?? whole)}</td>
          ${hasModelTime ? html`<td class="number model">${micros((fault.totalMicros ?? whole) / timeScale)}</td>` : nothing}
          <td class="number share">100 %</td>
        </tr>
      </tbody>
    </table>
    <ol class="moments" aria-label="Moments of the fault">
      ${moments.map(({ words, after }) => html`<li><b>${micros(after)}</b> ${words}</li>`)}
    </ol>`;
}

/** Where something lies in the whole, in hundredths of it. @param {number} begin @param {number} length @param {number} whole */
const place = (begin, length, whole) =>
  `left:${((100 * begin) / whole).toFixed(3)}%;width:${((100 * Math.max(0, length)) / whole).toFixed(3)}%`;

/** @param {{ words: string, after: number }[]} moments @param {number} whole */
const marks = (moments, whole) =>
  moments.map(
    ({ words, after }) =>
      html`<b .style=${place(after, 0, whole)} title="${words}, after ${micros(after)}"></b>`,
  );

/** Marks at round times. @param {number} whole */
function axis(whole) {
  const rough = whole / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? power;
  const ticks = Array.from({ length: Math.floor(whole / step) + 1 }, (_, number) => number * step);
  return ticks.map((at) => html`<span .style=${place(at, 0, whole)}>${at === 0 ? '0' : micros(at)}</span>`);
}
