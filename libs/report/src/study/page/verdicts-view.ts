import { markup, type Markup } from '../../page/markup';
import type { StudyReportData } from '../study-data';

const WORDS = { holds: 'holds', fails: 'fails', unknown: 'not judged' } as const;

/** What must hold, what was found, and whether it does. */
export function verdictsView({ verdicts, study, agreement }: StudyReportData): Markup {
  if (verdicts.length === 0)
    return markup`<p class="nothing">The study file does not say that anything must hold.</p>`;
  const isBoth = study.mode === 'both';
  const caption = agreement
    ? markup`<p class="caption">Those marked <b>${agreement.mark}</b> are the ${agreement.mark} shape; the others are this study’s own checks.</p>`
    : null;
  return markup`${caption}<div class="scroll"><table class="verdicts"><thead><tr><th>What must hold</th>${isBoth ? markup`<th>Mode</th>` : null}<th>Verdict</th><th>Found</th></tr></thead><tbody>${verdicts.map(
    ({ says, mode, verdict, found, published }) =>
      markup`<tr class="${verdict}"><td>${says}${agreement && published ? markup` <span class="time">${agreement.mark}</span>` : null}</td>${
        isBoth ? markup`<td>${mode}</td>` : null
      }<td class="status">${WORDS[verdict]}</td><td>${found}</td></tr>`,
  )}</tbody></table></div>`;
}
