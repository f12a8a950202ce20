import type { ServiceName } from '@faultline/contracts';
import { BadInput, RunFailed } from '../errors';
import { type StandingNote, SystemFolder } from '../standing/system-folder';
import { consolePlace, type ConsolePlace } from './console-place';
import { processCounts, type SystemSize } from './plan';
import { siteOf } from './site';

/** Which services carry a run out, and where its console is. */
export interface ChosenServices {
  /** With NATS_URL and FAULTLINE_SITE as the choice has them. */
  environment: NodeJS.ProcessEnv;
  /** The site that they stand at; absent for processes of the run's own. */
  site?: string;
  /** The system that `faultline up` has for these runs, if it is that. */
  system?: StandingNote;
  /** Where processes of the run's own are to have the console. */
  console?: ConsolePlace;
}

export interface ServicesFlags {
  runs: string;
  /** Whether services that stand here may be used; yes if absent. */
  up?: boolean;
  open?: boolean;
}

/** The site that the environment names, else what `faultline up` has standing here, else none. Rejects with {@link BadInput}. */
export async function chooseServices(
  flags: ServicesFlags,
  environment: NodeJS.ProcessEnv,
): Promise<ChosenServices> {
  const site = siteOf(environment);
  if (site !== undefined && flags.open)
    throw new BadInput(
      `FAULTLINE_SITE is '${site}', whose services are not this command's to keep: its event log has the console, where FAULTLINE_HTTP says`,
    );
  if (site !== undefined) return { environment, site };
  const found = flags.up === false ? undefined : await new SystemFolder(flags.runs).find();
  // Who names another server means that one.
  const system = [undefined, '', found?.natsUrl].includes(environment['NATS_URL']) ? found : undefined;
  if (!system) return { environment, ...(flags.open ? { console: await consolePlace(environment) } : {}) };
  const there = { NATS_URL: system.natsUrl, FAULTLINE_SITE: system.site };
  return { environment: { ...environment, ...there }, site: system.site, system };
}

/** What the user should know of the system that a run is made on: services that stand are as many as they are. */
export function systemLines({ console, counts }: StandingNote, wanted: SystemSize): string[] {
  const differing = (Object.entries(processCounts(wanted)) as [ServiceName, number][]).filter(
    ([service, count]) => counts[service] !== count,
  );
  const asks = differing.map(([service, count]) => `${count} ${service} (here ${counts[service]})`);
  return [
    `on the services that are up here, with their console at ${console}; --no-up starts others`,
    ...(asks.length > 0 ? [`the scenario asks for other sizes: ${asks.join('; ')}`] : []),
  ];
}

/** How often a run looks whether the system that it is made on is still there. */
const WATCH_MILLIS = 500;

/** Tells when the system that stands here does so no more. Returns what ends the watch. */
export function watchSystem(runs: string, onGone: (error: RunFailed) => void): () => void {
  const folder = new SystemFolder(runs);
  const timer = setInterval(() => {
    if (folder.isHeld) return;
    clearInterval(timer);
    onGone(new RunFailed("'faultline up' has ended, and its services with it, in the middle of the run"));
  }, WATCH_MILLIS);
  return () => clearInterval(timer);
}
