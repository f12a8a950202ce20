// Whether the record of a run is whole, and whether its invariants hold.
import { ask, runPath } from '../api.js';
import { commandLine, factList, heading, table } from '../parts.js';
import { linkTo } from '../route.js';
import { html, nothing } from '../vendor.js';
import { bytes, count, several, share } from '../words.js';

/** @typedef {import('../../../api/audit/audit-schemas').AuditStatus} AuditStatus */
/** @typedef {NonNullable<AuditStatus['report']>} AuditReport */

/** Violations of one invariant that are shown. */
const SHOWN = 20;
const WORDS = { passed: 'holds', failed: 'broken', 'not-checked': 'not checked' };
const ENDS = {
  finished: 'finished',
  stopped: 'stopped before its end',
  failed: 'failed',
  running: 'interrupted: the log does not have its end',
};

/** @param {import('../main.js').Context} context @returns {Promise<import('../main.js').View>} */
export async function open({ run, detail: asked, query, signal, draw }) {
  const fresh = query.fresh === 'true' ? 'true' : undefined;
  /** @type {[AuditStatus, import('../main.js').RunDetail | null]} */
  const [kept, detail] = await Promise.all([ask(`${runPath(run)}/audit`, { fresh }, signal), asked]);
  let status = kept;
  /** @type {Error | undefined} */
  let failure;
  const goOn = async () => {
    // A question audits for a second, and the next one goes on from there.
    while (!status.complete && !signal.aborted) {
      status = await ask(
        `${runPath(run)}/audit`,
        { fresh: status.source === 'fresh' ? 'true' : fresh },
        signal,
      );
      draw();
    }
  };
  void goOn().catch((error) => {
    failure = /** @type {Error} */ (error);
    draw();
  });
  return {
    title: 'Audit',
    content: () =>
      html`${heading('Audit', `run ${run}`)}
        ${failure ? html`<p class="warning" role="alert">${failure.message}</p>` : nothing} ${verdict(status)}
        ${chainPart(status, detail)} ${status.report ? invariants(status.report, run) : nothing}
        ${status.report ? kinds(status.report) : nothing}
        <p class="actions">
          ${
            fresh
              ? html`<a class="button" href=${linkTo(['audit'], { run })}>Show the verdict that was kept</a>`
              : html`<a class="button" href=${linkTo(['audit'], { run, fresh: 'true' })}
                  >Read the record again</a
                >`
          }
        </p>
        <p class="caption">The same on the command line: ${commandLine(`npx faultline audit ${run}`)}</p>`,
  };
}

/** @param {AuditStatus} status */
function verdict({ report, complete, upTo, recordedTo, source }) {
  if (!report || !complete)
    return html`<p class="verdict" role="status">
      Reading the record: message ${count(upTo)} of ${count(recordedTo)} (${share(upTo, recordedTo)})
    </p>`;
  /** @param {string} status */
  const number = (status) => report.invariants.filter((each) => each.status === status).length;
  const checked = `${number('passed')} invariants hold, ${number('not-checked')} not checked`;
  const words = report.clean
    ? `Audit passed: ${checked}`
    : `Audit failed: ${number('failed')} broken, ${checked}`;
  return html`<p class="verdict ${report.clean ? 'good' : 'bad'}" role="status">
      ${words}, over ${several(report.events, 'event')}
    </p>
    <p class="caption">
      ${source === 'kept' ? 'Audited when the run ended.' : 'Audited now, from the record, with every hash.'}
      The run ${ENDS[report.runEnded]}.
    </p>`;
}

/** @param {AuditStatus} status @param {import('../main.js').RunDetail | null} detail */
function chainPart({ head, report, recordedTo }, detail) {
  const { chain, firstSequence = 0, lastSequence = 0, messages = 0, pending } = report ?? {};
  const span = lastSequence - firstSequence + 1;
  const missing = span - messages;
  return html`<section aria-labelledby="chain">
    <h2 id="chain">The record</h2>
    ${chain?.first ? html`<p class="warning bad">Broken at sequence ${chain.first.sequence}: ${chain.first.sentence}</p>` : nothing}
    ${factList([
      ['Head', html`<code class="hash">${head.hash}</code> at sequence ${count(head.position)}`],
      [
        'Messages',
        `${count(detail?.record.messages)}, ${bytes(detail?.record.bytes)}; the last one is ${count(recordedTo)}`,
      ],
      ...(report && chain
        ? /** @type {[string, import('../parts.js').Part][]} */ ([
            [
              'Gaps',
              missing === 0 && messages > 0
                ? `none from ${count(firstSequence)} to ${count(lastSequence)}`
                : html`<span class="bad"
                    >${several(missing, 'message')} missing between ${count(firstSequence)} and
                    ${count(lastSequence)}</span
                  >`,
            ],
            [
              'Chain',
              chain.first
                ? html`<span class="bad">${chain.first.fault} at ${count(chain.first.sequence)}</span>`
                : `whole${chain.heads > 0 ? `; that of ${several(chain.heads, 'published head')}, up to message ${count(chain.headsTo)}` : ' in itself; reading the record again holds it against the heads that were published of it'}`,
            ],
            ['Open', openWords(pending)],
          ])
        : []),
    ])}
  </section>`;
}

/** @param {AuditReport['pending'] | undefined} pending */
function openWords(pending) {
  const open = Object.entries(pending ?? {}).filter(([, number]) => number > 0);
  return open.length === 0
    ? 'nothing was under way at the end'
    : open.map(([what, number]) => `${what} ${count(number)}`).join(', ');
}

/** @param {AuditReport} report @param {string} run */
const invariants = (report, run) =>
  html`<section aria-labelledby="invariants">
    <h2 id="invariants">Invariants</h2>
    ${table(
      'Invariants',
      'audit',
      ['Invariant', 'Verdict', ['Checked', 'number']],
      report.invariants.map(
        ({ invariant, title, note, status, checked, violations, violated }) =>
          html`<tr class=${status}>
            <th scope="row">
              <b>${invariant}</b> ${title} ${note === undefined ? nothing : html`<small>${note}</small>`}
              ${violations
                .slice(0, SHOWN)
                .map(
                  ({ sequence, identity, sentence }) =>
                    html`<small class="bad"
                      >At ${count(sequence)}, ${subject(identity, run)}: ${sentence}</small
                    >`,
                )}
              ${violated > SHOWN ? html`<small class="bad">${count(violated - Math.min(SHOWN, violations.length))} more</small>` : nothing}
            </th>
            <td class="status">${WORDS[status]}</td>
            <td class="number">${checked > 0 ? count(checked) : '–'}</td>
          </tr>`,
      ),
    )}
  </section>`;

/** What an invariant was broken by, with a link where it is a fault. @param {string} identity @param {string} run */
function subject(identity, run) {
  const [, fault] = /^(?:request|fault) (\d+\.\d+\.\d+)/.exec(identity) ?? [];
  return fault === undefined ? identity : html`<a href=${linkTo(['faults', fault], { run })}>${identity}</a>`;
}

/** @param {AuditReport} report */
function kinds({ eventsByKind }) {
  const rows = Object.entries(eventsByKind).sort(([, one], [, other]) => other - one);
  return html`<section aria-labelledby="kinds">
    <h2 id="kinds">Events by kind</h2>
    <ul class="kinds">
      ${rows.map(([kind, number]) => html`<li><span>${kind}</span> <b>${count(number)}</b></li>`)}
    </ul>
  </section>`;
}
