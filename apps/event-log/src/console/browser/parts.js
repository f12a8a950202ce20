// Pieces that several views are made of.
import { html, nothing } from './vendor.js';
import { STAGES, micros } from './words.js';

/** @typedef {import('./vendor.js').Part} Part */

/** What a view is called, and what it is about. @param {string} title @param {Part} sub */
export const heading = (title, sub) =>
  html`<h1>${title}</h1>
    <p class="sub">${sub}</p>`;

/** Names and what they are. @param {[string, Part][]} facts */
export const factList = (facts) =>
  html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

/** A few numbers that say most. @param {[name: string, value: Part, note: Part][]} tiles */
export const tileList = (tiles) =>
  html`<dl class="tiles">
    ${tiles.map(
      ([name, value, note]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}<small>${note}</small></dd>
        </div>`,
    )}
  </dl>`;

/**
 * A table with a head. It moves by itself where it is wide, and so must be reached by the keyboard.
 *
 * @param {string} name
 * @param {string} kind
 * @param {([title: string, kind: string] | string)[]} columns titles, and what kind of column it is where it is not one of words
 * @param {Part} rows
 */
export const table = (name, kind, columns, rows) =>
  html`<div class="scroll" role="region" aria-label="${name}, table" tabindex="0">
    <table class=${kind}>
      <thead>
        <tr>
          ${columns.map((column) => {
            const [title, of] = typeof column === 'string' ? [column] : column;
            return html`<th scope="col" class=${of ?? nothing}>${title}</th>`;
          })}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;

/** A report is a document of its own, in a window of its own, which knows nothing of this one. @param {string} href @param {string} of */
export const reportLink = (href, of) =>
  html`<a href=${href} target="_blank" rel="noopener noreferrer" aria-label="report of ${of}, in a new window"
    >report</a
  >`;

/** A command that somebody can copy. @param {string} command */
export const commandLine = (command) => html`<code>${command}</code>`;

/**
 * Stages as one bar, each as long as it took, against the longest of those beside it.
 *
 * @param {Record<string, number | null>} stages
 * @param {number} longestMicros
 */
export function stageBar(stages, longestMicros) {
  let from = 0;
  const parts = STAGES.map(([id]) => {
    // Between the clocks of two processes a stage may come out a little below nothing.
    const width = (100 * Math.max(0, stages[id] ?? 0)) / longestMicros;
    from += width;
    return html`<i class="fill-${id}" .style=${`left:${from - width}%;width:${width}%`}></i>`;
  });
  const words = STAGES.flatMap(([id, name]) => (stages[id] ? [`${name} ${micros(stages[id])}`] : []));
  return html`<span class="bar" role="img" aria-label=${words.join(', ')} title=${words.join('\n')}
    >${longestMicros > 0 ? parts : nothing}</span
  >`;
}

/** What the colours of stages mean. */
export const stageLegend = () =>
  html`<p class="legend">
    ${STAGES.map(([id, name]) => html`<span><i class="fill-${id}"></i>${name}</span>`)}
  </p>`;
