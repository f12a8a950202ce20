// Search among the faults of a run.
import { ask, runPath } from '../api.js';
import { heading, stageBar, stageLegend, table } from '../parts.js';
import { linkTo } from '../route.js';
import { deviceName, scenarioOf } from '../scenario.js';
import { html, nothing } from '../vendor.js';
import { CODES, count, micros, page, permissions, STAGES } from '../words.js';

/** @typedef {import('../../../api/faults/fault-schemas').FaultList} FaultList */
/** @typedef {FaultList['faults'][number]} Fault */
/** @typedef {import('../scenario.js').Scenario} Scenario */

const PAGE_SIZE = 50;
const FILTERS = ['device', 'pasid', 'page', 'code', 'stage', 'minMicros', 'maxMicros', 'order'];

/** @param {import('../main.js').Context} context @returns {Promise<import('../main.js').View>} */
export async function open({ run, detail, query, signal }) {
  const filters = Object.fromEntries(FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
  const asked = { ...filters, cursor: query.cursor, limit: PAGE_SIZE };
  /** @type {[FaultList, Scenario | null]} */
  const [list, scenario] = await Promise.all([
    ask(`${runPath(run)}/faults`, asked, signal),
    detail.then(scenarioOf),
  ]);
  return {
    title: 'Faults',
    content: () =>
      html`${heading('Faults', `run ${run}${scenario ? ` · ${scenario.name}` : ''}`)}
      ${form(run, query, scenario)} ${behind(list)} ${found(run, list, scenario, query.stage)}
      ${pager(run, filters, query, list)}`,
  };
}

/** @param {FaultList} list */
const behind = ({ projectedTo, recordedTo }) =>
  projectedTo < recordedTo
    ? html`<p class="warning">
        These are the faults up to message ${count(projectedTo)} of ${count(recordedTo)}.
      </p>`
    : nothing;

/** @param {string} run @param {Record<string, string>} query @param {Scenario | null} scenario */
function form(run, query, scenario) {
  /** @param {SubmitEvent} event */
  const search = (event) => {
    event.preventDefault();
    location.hash = linkTo(['faults'], { run, ...asked(/** @type {HTMLFormElement} */ (event.target)) });
  };
  const devices = (scenario?.devices ?? []).map(({ device, name }) => [String(device), name]);
  const stages = [['total', 'end to end'], ...STAGES];
  return html`<form class="search" role="search" aria-label="Faults" @submit=${search}>
    ${choice('device', 'Device', [['', 'every device'], ...devices], query.device)}
    ${field('pasid', 'PASID', query.pasid, { inputmode: 'numeric', pattern: '\\d{1,7}' })}
    ${field('page', 'Page', query.page, { pattern: '(0[xX][0-9a-fA-F]{1,13}|\\d{1,16})', hint: '0x… or decimal' })}
    ${choice('code', 'Answer', [['', 'every answer'], ...CODES.map((code) => [code, code])], query.code)}
    ${choice('stage', 'Time of', stages, query.stage ?? 'total')}
    ${field('least', 'at least, ms', millisOf(query.minMicros), { inputmode: 'decimal', pattern: '\\d*[.]?\\d+' })}
    ${field('most', 'at most, ms', millisOf(query.maxMicros), { inputmode: 'decimal', pattern: '\\d*[.]?\\d+' })}
    ${choice(
      'order',
      'Order',
      [
        ['identity', 'as they were sent'],
        ['slowest', 'slowest first'],
      ],
      query.order ?? 'identity',
    )}
    <p class="actions"><button>Search</button> <a href=${linkTo(['faults'], { run })}>Clear</a></p>
  </form>`;
}

/** @param {string | undefined} micros */
const millisOf = (micros) => (micros === undefined ? '' : String(Number(micros) / 1e3));

/** What a form asks for, as the API is asked; what is as usual is left out. @param {HTMLFormElement} form */
function asked(form) {
  const said = Object.fromEntries(new FormData(form));
  /** @param {unknown} millis */
  const microsOf = (millis) => (millis === '' ? '' : String(Math.round(Number(millis) * 1e3)));
  const {
    device,
    pasid,
    page: pageNumber,
    code,
    stage,
    order,
    least,
    most,
  } = /** @type {Record<string, string | undefined>} */ (said);
  return {
    ...{ device, pasid: pasid?.trim(), page: pageNumber?.trim(), code },
    ...{ minMicros: microsOf(least), maxMicros: microsOf(most) },
    stage: stage === 'total' ? '' : stage,
    order: order === 'identity' ? '' : order,
  };
}

/** @param {string} name @param {string} title @param {readonly (readonly string[])[]} options @param {string | undefined} chosen */
const choice = (name, title, options, chosen = '') =>
  html`<label
    >${title}
    <select name=${name}>
      ${options.map(
        ([value, words]) =>
          html`<option value=${value ?? ''} .selected=${value === chosen}>${words}</option>`,
      )}
    </select></label
  >`;

/**
 * @param {string} name @param {string} title @param {string | undefined} value
 * @param {{ pattern: string, inputmode?: string, hint?: string }} how
 */
const field = (name, title, value = '', { pattern, inputmode = 'text', hint = '' }) =>
  html`<label
    >${title}
    <input
      name=${name}
      .value=${value}
      pattern=${pattern}
      inputmode=${inputmode}
      placeholder=${hint}
      autocomplete="off"
  /></label>`;

/** @param {string} run @param {FaultList} list @param {Scenario | null} scenario @param {string | undefined} asked the stage that was asked about */
function found(run, { faults }, scenario, asked) {
  const stage = STAGES.find(([id]) => id === asked);
  if (faults.length === 0) return html`<p class="nothing">No fault of this run is like that.</p>`;
  const longest = Math.max(...faults.map(({ totalMicros }) => totalMicros ?? 0));
  /** @type {[string, string][]} */
  const askedColumn = stage ? [[stage[1], 'number']] : [];
  return html`${stageLegend()}
  ${table(
    'Faults that were found',
    'faults',
    [
      'Fault',
      ...askedColumn,
      ['Took', 'number'],
      'Answer',
      'Device',
      ['PASID', 'number'],
      'Page',
      ['Stages', 'wide'],
      'Queue',
    ],
    faults.map((fault) => row(run, fault, longest, scenario, stage?.[0])),
  )}`;
}

/** @typedef {(typeof STAGES)[number][0]} Stage */

/** @param {string} run @param {Fault} fault @param {number} longest @param {Scenario | null} scenario @param {Stage | undefined} stage */
const row = (run, fault, longest, scenario, stage) =>
  html`<tr>
    <th scope="row"><a href=${linkTo(['faults', fault.id], { run })}>${fault.id}</a></th>
    ${stage ? html`<td class="number">${micros(fault.stages[stage])}</td>` : nothing}
    <td class="number">${micros(fault.totalMicros)}</td>
    <td class=${fault.code === 'success' ? '' : 'odd'}>${fault.code}</td>
    <td>${deviceName(scenario, fault.device)}</td>
    <td class="number">${fault.pasid < 0 ? '–' : fault.pasid}</td>
    <td><code>${page(fault.page)} ${permissions(fault.permissions)}</code></td>
    <td class="wide">${stageBar(fault.stages, longest)}</td>
    <td>${fault.queue ?? '–'}</td>
  </tr>`;

/** @param {string} run @param {Record<string, string>} filters @param {Record<string, string>} query @param {FaultList} list */
function pager(run, filters, query, { faults, nextCursor }) {
  if (faults.length === 0 && !query.cursor) return nothing;
  return html`<nav class="pager" aria-label="Pages of faults">
    ${query.cursor ? html`<a href=${linkTo(['faults'], { run, ...filters })}>First page</a>` : nothing}
    <span>${faults.length} shown${nextCursor === null ? ', the last ones' : ''}</span>
    ${
      nextCursor === null
        ? nothing
        : html`<a rel="next" href=${linkTo(['faults'], { run, ...filters, cursor: nextCursor })}
            >Next page</a
          >`
    }
  </nav>`;
}
