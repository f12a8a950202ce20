import { ConformanceFileInvalid, countOutcomes, runConformance } from '@faultline/conformance';
import { type IommuProfileName, IOMMU_PROFILE_NAMES } from '@faultline/domain';
import { readVectors } from '../conformance/read-vectors';
import { BadInput, Exit } from '../errors';
import { familiesOf, fileLines, type FileReport, totalLine } from '../print/conformance-report';
import { styleFor } from '../print/style';
import type { Terminal } from '../terminal';

export interface ConformanceFlags {
  profile?: string;
  vector?: string;
  json?: boolean;
}

/** Runs recorded conversations against the deciders and says, step by step, where they differ. */
export async function conformance(
  files: readonly string[],
  flags: ConformanceFlags,
  terminal: Terminal,
): Promise<Exit> {
  const startedAt = performance.now();
  const profile = profileOf(flags.profile);
  const reports: FileReport[] = [];
  for (const file of files) reports.push(await runFile(file, profile, flags.vector));
  const seconds = (performance.now() - startedAt) / 1000;
  const outcomes = reports.flatMap((report) => report.outcomes);
  if (flags.vector !== undefined && outcomes.length === 0)
    throw new BadInput(`no vector '${flags.vector}' in ${files.join(', ')}`);
  if (flags.json) terminal.out(JSON.stringify(jsonOf(reports, seconds), withBigInts, 2));
  else {
    const style = styleFor(terminal.colour);
    for (const report of reports) terminal.out(fileLines(report, style, terminal.columns).join('\n'));
    terminal.out(totalLine(reports, seconds, style));
  }
  return outcomes.some(({ status }) => status === 'failed') ? Exit.FAILED : Exit.OK;
}

async function runFile(
  file: string,
  profile: IommuProfileName | undefined,
  id: string | undefined,
): Promise<FileReport> {
  const content = await readVectors(file);
  try {
    return { file, ...runConformance(content, { profile, id }) };
  } catch (error) {
    if (!(error instanceof ConformanceFileInvalid)) throw error;
    throw new BadInput(`${file}: ${error.message}`, { cause: error });
  }
}

function profileOf(name: string | undefined): IommuProfileName | undefined {
  if (name === undefined) return undefined;
  const known = IOMMU_PROFILE_NAMES.find((each) => each === name);
  if (known === undefined)
    throw new BadInput(`no IOMMU profile '${name}': expected one of ${IOMMU_PROFILE_NAMES.join(', ')}`);
  return known;
}

/** The machine-readable result: totals, families, and every vector. */
function jsonOf(reports: readonly FileReport[], seconds: number): unknown {
  const outcomes = reports.flatMap((report) => report.outcomes);
  return {
    ...countOutcomes(outcomes),
    vectors: outcomes.length,
    steps: outcomes.reduce((sum, outcome) => sum + outcome.steps, 0),
    seconds,
    files: reports.map(({ file, format, outcomes: own }) => ({
      file,
      format,
      families: Object.fromEntries(
        [...familiesOf(own)].map(([family, members]) => [family, countOutcomes(members)]),
      ),
      outcomes: own,
    })),
  };
}

function withBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
