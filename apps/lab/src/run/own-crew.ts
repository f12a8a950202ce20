import type { ResolvedScenario, ServiceName } from '@faultline/contracts';
import type { PresenceBoard } from '@faultline/runtime';
import type { Bus } from './bus';
import type { ConsolePlace } from './console-place';
import type { Crew } from './crew';
import { entryPoint, type PlannedInstance } from './plan';
import type { RunFolder } from './run-folder';
import type { Supervisor } from './supervisor';
import { unownedUnits } from './unowned-units';

/** Time services get to stop in order, and what they get when there is nothing left to settle. */
export const STOP_MILLIS = 10_000;
export const FAILED_STOP_MILLIS = 2_000;

/**
 * Services that ask others and wait for answers stop while there is still somebody to answer: a worker may wait for a page, and the
 * mm meanwhile for devices to give it up.
 */
export const STOP_ORDER = [/^iopf-worker/, /^device-emulator/];

export interface OwnCrewOptions {
  lab: string;
  instances: readonly PlannedInstance[];
  scenario: Pick<ResolvedScenario, 'iommus' | 'shards'>;
  supervisor: Supervisor;
  board: PresenceBoard;
  folder: RunFolder;
  environment: NodeJS.ProcessEnv;
  logLevel: string;
  /** Where the event log shows the console; absent: at FAULTLINE_HTTP, if anywhere. */
  console: ConsolePlace | undefined;
}

/** Processes that are started for the run and end with it. */
export class OwnCrew implements Crew {
  private readonly instances: string[];
  private readonly scripts: string[];

  /** Throws when a service is not built. */
  constructor(private readonly options: OwnCrewOptions) {
    this.instances = options.instances.map(({ instance }) => instance);
    this.scripts = options.instances.map(({ service }) => entryPoint(service));
  }

  get names(): string {
    return `services: ${this.instances.join(', ')}`;
  }

  get whereToLook(): string {
    return `their logs are in ${this.options.folder.logs}`;
  }

  hire(): Promise<void> {
    return Promise.resolve();
  }

  begin(bus: Bus): Promise<void> {
    this.options.instances.forEach((planned, place) => this.start(planned, this.scripts[place] ?? '', bus));
    return Promise.resolve();
  }

  missing(): string[] {
    const { board, scenario } = this.options;
    return [...board.missing(this.instances), ...unownedUnits(scenario, board)];
  }

  dismiss(failed: boolean): Promise<string[]> {
    return this.options.supervisor.stopAll(failed ? FAILED_STOP_MILLIS : STOP_MILLIS, STOP_ORDER);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  private start({ instance, service }: PlannedInstance, script: string, bus: Bus): void {
    const { supervisor, folder, environment, logLevel, lab, console } = this.options;
    supervisor.start({
      instance,
      script,
      logFile: folder.instanceLog(instance),
      environment: {
        ...environment,
        NATS_URL: bus.servers.join(','),
        FAULTLINE_SITE: undefined,
        FAULTLINE_LAB: lab,
        FAULTLINE_INSTANCE: instance,
        FAULTLINE_RUN_DIR: folder.path,
        // One address is for one process, and it is the record that is asked about.
        FAULTLINE_HTTP: doorOf(service, environment['FAULTLINE_HTTP'], console),
        LOG_LEVEL: logLevel,
      },
    });
  }
}

/** Only one process can have a port; the one who answers what people ask gets it. Of free ports there are enough for all. */
export function doorOf(
  service: ServiceName,
  address: string | undefined,
  console: ConsolePlace | undefined,
): string | undefined {
  if (service === 'event-log') return console?.address ?? address;
  return address === '0' || address?.endsWith(':0') === true ? address : undefined;
}
