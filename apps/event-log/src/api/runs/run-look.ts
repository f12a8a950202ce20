import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { unitsOfScenario } from '@faultline/units';
import type { RunFolder } from '@faultline/record';
import type { z } from 'zod';
import { isMissing, readJson } from '../common/kept-files';
import type { OpenRun } from './open-run';
import { type RunDetail, type runEntry, summaryPart } from './run-schemas';

type RunEntry = z.infer<typeof runEntry>;

/** Runs as a list shows them. One that is removed at this very moment is left out. */
export async function entriesOf(
  folders: readonly RunFolder[],
  live: string | undefined,
): Promise<RunEntry[]> {
  const entries = await Promise.all(
    folders.map((folder) =>
      entryOf(folder, live).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      }),
    ),
  );
  return entries.filter((entry) => entry !== undefined);
}

/** A run as a list shows it, from the files beside its record. */
async function entryOf(folder: RunFolder, live: string | undefined): Promise<RunEntry> {
  const { size, mtimeMs } = await stat(folder.log);
  const kept = summaryPart.safeParse(await readJson(folder.summary).catch(() => undefined));
  const { scenario, profile, end, summary } = kept.success ? kept.data : {};
  return {
    run: folder.id,
    // Its services may stay when it is over.
    state: end ?? (folder.id === live ? 'live' : 'unfinished'),
    scenario: scenario ?? null,
    profile: profile ?? null,
    bytes: size,
    modifiedAtMillis: Math.round(mtimeMs),
    faults: summary?.pageRequests ?? null,
    durationMicros: summary?.active.durationMicros ?? null,
    faultsPerSecond: summary?.active.faultsPerSecond ?? null,
    endToEnd: summary?.latency.endToEnd ?? null,
    clean: summary?.audit.clean ?? null,
    hasReport: existsSync(folder.reportData),
  };
}

/** Everything that is known of a run as a whole. */
export async function detailOf(run: OpenRun, live: string | undefined): Promise<RunDetail> {
  const { folder, reader } = run;
  const { position, rows, bytes, hash } = await reader.head();
  const scenario = await run.scenario();
  const entry = await entryOf(folder, live);
  return {
    ...entry,
    scenario: scenario?.name ?? entry.scenario,
    profile: scenario?.profile ?? entry.profile,
    record: { position, messages: rows, bytes, hash: Buffer.from(hash).toString('hex') },
    projectedTo: await run.projectedTo(),
    units: scenario ? unitsOfScenario(scenario) : [],
    scenarioAsRun: scenario ? { ...scenario } : null,
    summary: (await readJson(folder.summary)) ?? null,
    origin: (await readJson(folder.origin)) ?? null,
  };
}
