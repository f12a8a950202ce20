// Reports of past runs and studies.
import { ask, runPath } from '../api.js';
import { heading, reportLink, table } from '../parts.js';
import { linkTo } from '../route.js';
import { html, nothing } from '../vendor.js';
import { bytes, count, micros, moment, rate, RUN_STATES } from '../words.js';

/** @typedef {import('../../../api/runs/run-schemas').RunList} RunList */
/** @typedef {import('../../../api/studies/study-schemas').StudyList} StudyList */

const PAGE_SIZE = 50;

/** @param {import('../main.js').Context} context @returns {Promise<import('../main.js').View>} */
export async function open({ query, signal }) {
  /** @type {[StudyList, RunList]} */
  const [studies, runs] = await Promise.all([
    ask('/api/studies', { limit: PAGE_SIZE, cursor: query.studies }, signal),
    ask('/api/runs', { limit: PAGE_SIZE, cursor: query.runs }, signal),
  ]);
  return {
    title: 'Studies and runs',
    content: () =>
      html`${heading('Studies and runs', 'what was made with this laboratory, and its reports')}
        <section aria-labelledby="studies">
          <h2 id="studies">Studies</h2>
          ${studyTable(studies)} ${pager('studies', query, studies.nextCursor)}
        </section>
        <section aria-labelledby="runs">
          <h2 id="runs">Runs</h2>
          ${runTable(runs)} ${pager('runs', query, runs.nextCursor)}
        </section>`,
  };
}

/** @param {StudyList} list */
function studyTable({ studies }) {
  if (studies.length === 0)
    return html`<p class="nothing">
      No study in the folder of this service. <code>npx faultline study</code> says what there is.
    </p>`;
  return table(
    'Studies',
    'studies',
    ['Study', 'Begun', ['Points', 'number'], ['Runs', 'number'], ['Faults', 'number'], 'Verdict', 'Report'],
    studies.map(
      ({ study, title, question, begunAtMicros, points, runs, faults, passes, hasReport }) =>
        html`<tr>
          <th scope="row"><b>${title ?? study}</b><small>${question ?? study}</small></th>
          <td class="when">${moment(begunAtMicros / 1e3)}</td>
          <td class="number">${count(points)}</td>
          <td class="number">
            ${runs ? html`${count(runs.made)}${runs.failed > 0 ? html`<small class="bad">${count(runs.failed)} failed</small>` : nothing}` : '–'}
          </td>
          <td class="number">${count(faults)}</td>
          <td class=${passes === false ? 'bad' : ''}>
            ${passes === null ? '–' : passes ? 'holds' : 'does not hold'}
          </td>
          <td>
            ${hasReport ? reportLink(`/api/studies/${encodeURIComponent(study)}/report.html`, `study ${study}`) : 'none yet'}
          </td>
        </tr>`,
    ),
  );
}

/** @param {RunList} list */
function runTable({ runs }) {
  if (runs.length === 0) return html`<p class="nothing">No run in the folder of this service.</p>`;
  return table(
    'Runs',
    'runs',
    [
      'Run',
      'End',
      ['Faults', 'number'],
      ['Rate', 'number'],
      ['Median', 'number'],
      ['p99', 'number'],
      'Audit',
      ['Record', 'number'],
      'See',
    ],
    runs.map(
      (run) =>
        html`<tr>
          <th scope="row">
            <b>${run.scenario ?? 'not known'}</b
            ><small>${run.run}${run.profile === null ? '' : `, ${run.profile}`}</small>
          </th>
          <td>${RUN_STATES[run.state]}</td>
          <td class="number">${count(run.faults)}</td>
          <td class="number">${rate(run.faultsPerSecond)}</td>
          <td class="number">${micros(run.endToEnd?.p50Micros)}</td>
          <td class="number">${micros(run.endToEnd?.p99Micros)}</td>
          <td class=${run.clean === false ? 'bad' : ''}>
            <a href=${linkTo(['audit'], { run: run.run })}
              >${run.clean === null ? 'look' : run.clean ? 'passed' : 'failed'}</a
            >
          </td>
          <td class="number">${bytes(run.bytes)}</td>
          <td class="links">
            <a href=${linkTo(['faults'], { run: run.run })} aria-label="faults of ${run.run}">faults</a>
            ${run.hasReport ? reportLink(`${runPath(run.run)}/report.html`, `run ${run.run}`) : nothing}
          </td>
        </tr>`,
    ),
  );
}

/** @param {'studies' | 'runs'} list @param {Record<string, string>} query @param {string | null} nextCursor */
function pager(list, query, nextCursor) {
  const other = list === 'runs' ? { studies: query.studies } : { runs: query.runs };
  const isFirst = query[list] === undefined;
  if (isFirst && nextCursor === null) return nothing;
  return html`<nav class="pager" aria-label="Pages of ${list}">
    ${isFirst ? nothing : html`<a href=${linkTo(['studies'], other)}>First page</a>`}
    ${nextCursor === null ? nothing : html`<a rel="next" href=${linkTo(['studies'], { ...other, [list]: nextCursor })}>Next page</a>`}
  </nav>`;
}
