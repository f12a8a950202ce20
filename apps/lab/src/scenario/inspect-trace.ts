import { statSync } from 'node:fs';
import { pageRanges, Permission, type Permissions, type TraceFormat } from '@faultline/domain';
import { detectTraceFile, readTraceFile, TraceFileError } from '@faultline/runtime';
import { ScenarioError } from '@faultline/contracts';
import type { PageRange } from './areas';

/** What a trace holds. */
export interface TraceReport {
  file: string;
  format: TraceFormat;
  /** Lines that are accesses; one that reaches into another page counts for each. */
  lines: number;
  /** Accesses of pages: consecutive lines that touch one page count once. */
  accesses: number;
  /** Distinct pages. */
  pages: number;
  /** Accesses that read, write and execute; one may do several. */
  reads: number;
  writes: number;
  executes: number;
  ranges: PageRange[];
}

/** Pages that nobody touches join two ranges when there are fewer than these between them, as real mappings have such holes. */
const GAP_PAGES = 16;

/**
 * Reads a trace from its first line to its last. What is counted ends at `limit` accesses, what is checked does not.
 * Throws {@link ScenarioError} for the first line that cannot be read.
 */
export async function inspectTrace(
  file: string,
  asked: TraceFormat | 'auto',
  limit = Number.POSITIVE_INFINITY,
): Promise<TraceReport> {
  const format = await formatOf(file, asked);
  const report = { file, format, lines: 0, accesses: 0, reads: 0, writes: 0, executes: 0 };
  const pages = new Map<number, Permissions>();
  try {
    for await (const runs of readTraceFile(file, { format })) {
      for (const { page, permissions, count } of runs) {
        if (report.accesses >= limit) break;
        report.accesses += 1;
        report.lines += count;
        if (permissions & Permission.READ) report.reads += 1;
        if (permissions & Permission.WRITE) report.writes += 1;
        if (permissions & Permission.EXECUTE) report.executes += 1;
        pages.set(page, (pages.get(page) ?? 0) | permissions);
      }
    }
  } catch (thrown) {
    throw asScenarioError(thrown);
  }
  if (report.accesses === 0) throw new ScenarioError(file, 0, 'no access', 'a trace with at least one');
  return { ...report, pages: pages.size, ranges: pageRanges(pages, GAP_PAGES) };
}

async function formatOf(file: string, asked: TraceFormat | 'auto'): Promise<TraceFormat> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new ScenarioError(file, 0, 'no such file', 'a trace file, plain or gzipped');
  if (asked !== 'auto') return asked;
  const format = await detectTraceFile(file).catch((thrown: unknown) => {
    throw asScenarioError(thrown);
  });
  if (format !== undefined) return format;
  throw new ScenarioError(
    file,
    1,
    'lines of no known trace format',
    'lackey, prq, perf or csv (--format, or `format:` in the scenario, says which)',
  );
}

/** The reader's own error has the same parts. */
function asScenarioError(thrown: unknown): unknown {
  if (!(thrown instanceof TraceFileError)) return thrown;
  const { file, line, found, expected } = thrown;
  return new ScenarioError(file, line, found, expected, { cause: thrown });
}
