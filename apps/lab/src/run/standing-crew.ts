import { randomUUID } from 'node:crypto';
import type { ResolvedScenario } from '@faultline/contracts';
import { type ClockPort, KvUnavailable } from '@faultline/hosting';
import type { RunFailed } from '../errors';
import type { Bus } from './bus';
import type { Crew } from './crew';
import type { PresenceBoard } from '@faultline/runtime';
import { SiteHold } from './site-hold';
import { lookedFor, unownedUnits } from './unowned-units';

/** What services get to leave a laboratory; they themselves give up a little earlier. */
const LEAVE_MILLIS = 13_000;
/** After a failure whoever could take the word is likely to be gone. */
const FAILED_LEAVE_MILLIS = 2_000;
const LOOK_MILLIS = 100;

export interface StandingCrewOptions {
  site: string;
  lab: string;
  run: string;
  scenario: Pick<ResolvedScenario, 'iommus' | 'shards'>;
  board: PresenceBoard;
  clock: ClockPort;
  /** Says a line to the user. */
  tell(line: string): void;
  onLost(error: RunFailed): void;
}

/**
 * The services that stand at a site, of which nobody knows how many there are. Those that die are not missed by name: whatever runs
 * them starts them again, and the run goes on as soon as every unit has an owner.
 */
export class StandingCrew implements Crew {
  private hold: SiteHold | undefined;

  constructor(private readonly options: StandingCrewOptions) {}

  get names(): string {
    return `services: those of site ${this.options.site}`;
  }

  get whereToLook(): string {
    return `site ${this.options.site} needs all five services, each started with FAULTLINE_SITE=${this.options.site}; see their logs`;
  }

  async hire(bus: Bus): Promise<void> {
    const { site, run, clock, tell, onLost } = this.options;
    this.hold = await SiteHold.take({
      ...{ kv: await bus.sites(), clock, site, run, onLost },
      holder: randomUUID(),
      onWait: (claim, seconds) =>
        tell(
          `site ${site} is claimed by run ${claim?.run ?? 'unknown'}; looking for up to ${seconds} s whether that is alive`,
        ),
    });
  }

  async begin(): Promise<void> {
    await this.hold?.serve(this.options.lab);
  }

  missing(): string[] {
    const here = this.options.board.here();
    const ready = here.filter(({ state }) => state === 'ready');
    const services = (['iopf-worker', 'event-log'] as const).filter(
      (service) => !ready.some((each) => each.service === service),
    );
    return [
      ...unownedUnits(this.options.scenario, this.options.board),
      ...services.map((name) => `${name} (${lookedFor(name, here)})`),
    ];
  }

  async dismiss(failed: boolean): Promise<string[]> {
    const { board, site } = this.options;
    try {
      await this.hold?.leave(failed ? FAILED_LEAVE_MILLIS : LEAVE_MILLIS);
    } catch (error) {
      if (!(error instanceof KvUnavailable)) throw error;
      return [`the services of site ${site}, which could not be told to leave: ${error.message}`];
    }
    const deadline = performance.now() + LEAVE_MILLIS;
    while (board.here().length > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
    return board.here().map(({ instance }) => instance);
  }

  async release(): Promise<void> {
    await this.hold?.release();
  }
}
