import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { decodeLogBody, segmentSchema, writeFormat } from '@faultline/contracts';
import { PointMeter, type PointRun } from '@faultline/study';
import { type ProvisioningConfig, readProvisioning, readTracing } from '@faultline/runtime';
import { Interrupted } from '../errors';
import { nowMicros } from '@faultline/messaging';
import { openFaults } from '../fault-source';
import { writeOrigin } from '../report/origin';
import { runReport } from '../run/finished-run';
import { newRunId, RunFolder, RUNS_DIRECTORY } from '../run/run-folder';
import { RunSession } from '../run/session';
import { siteOf } from '../run/site';
import type { Terminal } from '../terminal';
import { failedRun, violatedOf } from './failed-run';
import { hasOpenLoop } from './open-loop';
import { knownOf, type RunJob } from './run-job';

/** Where and how live runs are made here. */
export interface LiveOptions {
  /** Where the folders of runs are made whose services are our own; beside all other runs when nobody says so. */
  directory?: string;
  /** Where the event log of a site keeps its records, and so the folders of runs there. */
  runs: string;
  environment: NodeJS.ProcessEnv;
  provisioning: ProvisioningConfig;
  site: string | undefined;
  logLevel: string;
}

/** What the environment says of live runs. Throws `BadInput` or `ConfigError` for what cannot be used. */
export function liveOptions(environment: NodeJS.ProcessEnv, logLevel = 'info'): LiveOptions {
  const provisioning = readProvisioning(environment);
  readTracing(environment);
  writeFormat(provisioning.format);
  return {
    ...{ environment, provisioning, site: siteOf(environment) },
    runs: environment['FAULTLINE_RUNS_DIR'] || RUNS_DIRECTORY,
    logLevel: environment['LOG_LEVEL'] || logLevel,
  };
}

/** Makes a live run of a point, through NATS and the services. Rejects with {@link Interrupted} when the user asked to stop. */
export async function liveRun(job: RunJob, options: LiveOptions): Promise<PointRun> {
  const { environment, provisioning, site, logLevel } = options;
  const { scenario, settings, studyFile } = job;
  const folder = newFolder(job, options);
  folder.writeScenario(JSON.stringify(scenario, null, 2), scenario);
  writeOrigin(folder, { scenarioFile: studyFile, settings: [...settings] });
  const known = knownOf(job);
  const [begun, busyBefore] = [performance.now(), processorTimes()];
  try {
    const session = new RunSession({
      scenario,
      folder,
      terminal: silent,
      environment,
      provisioning,
      logLevel,
      site,
    });
    const result = await session.run();
    if (result.end === 'stopped') throw new Interrupted();
    const busyShare = busySince(busyBefore);
    const report = runReport(result, scenario, folder);
    folder.writeSummary(report);
    folder.removeNatsStore();
    const { audit, latency } = report.summary;
    const leastWallMicros = latency.endToEnd.count > 0 ? latency.endToEnd.minMicros : null;
    return {
      ...known,
      ...(await measured(folder, job)).measured(audit, result.hostUse),
      wallMillis: Math.round(performance.now() - begun),
      endedAtMicros: nowMicros(),
      audit: { clean: audit.clean, violated: violatedOf(audit) },
      logHash: null,
      live: { run: folder.id, busyShare, leastWallMicros },
      failure: null,
    };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return failedRun(
      { ...known, live: { run: folder.id, busyShare: 0, leastWallMicros: null } },
      performance.now() - begun,
      error,
    );
  }
}

/**
 * A folder for a run. With services of our own it is in the study's folder, named by its point, and what an interrupted run left there is no
 * part of this one. A site's event log writes its record to a folder of the run's name beside all other runs, so there it has an id
 * like any run.
 */
export function newFolder(
  { point, repetition }: Pick<RunJob, 'point' | 'repetition'>,
  { runs, directory = runs, site }: Pick<LiveOptions, 'directory' | 'runs' | 'site'>,
): RunFolder {
  if (site !== undefined) return RunFolder.create(runs, newRunId(new Date(), Math.random));
  const id = `point-${String(point).padStart(4, '0')}-${repetition}`;
  rmSync(join(directory, id), { recursive: true, force: true });
  return RunFolder.create(directory, id);
}

async function measured(folder: RunFolder, { scenario, window, apart }: RunJob): Promise<PointMeter> {
  const devices = scenario.devices.map(({ name }) => name);
  const meter = new PointMeter({ timeScale: scenario.timeScale, window, devices, apart });
  const source = await openFaults(folder);
  try {
    for await (const faults of source.queries.walk()) for (const fault of faults) meter.take(fault);
    if (hasOpenLoop(scenario)) await takeStarts(source, meter);
  } finally {
    await source.close();
  }
  return meter;
}

async function takeStarts(
  { reader }: Awaited<ReturnType<typeof openFaults>>,
  meter: PointMeter,
): Promise<void> {
  for await (const { message } of reader.messages({})) {
    const { schema } = message.headers;
    if (schema === segmentSchema.name) meter.takeStarts(decodeLogBody(schema, message.body));
  }
}

/** A run of a study says nothing by itself: the study does. */
const silent: Terminal = {
  out: () => undefined,
  err: () => undefined,
  interactive: false,
  colour: false,
  columns: 100,
};

interface ProcessorTimes {
  busy: number;
  all: number;
}

function processorTimes(): ProcessorTimes {
  const sum = { busy: 0, all: 0 };
  for (const { times } of cpus()) {
    const all = Object.values(times).reduce((total, each) => total + each, 0);
    sum.all += all;
    sum.busy += all - times.idle;
  }
  return sum;
}

/** Share of all processors' time that somebody had since then. */
function busySince(before: ProcessorTimes): number {
  const now = processorTimes();
  const all = now.all - before.all;
  return all > 0 ? (now.busy - before.busy) / all : 0;
}
