import type { INestMicroservice } from '@nestjs/common';
import type { ClientNats } from '@nestjs/microservices';
import { headText } from '@faultline/audit';
import {
  type HostUse,
  longestRetransmissionMicros,
  queuesOfScenario,
  type ResolvedScenario,
} from '@faultline/contracts';
import { nowMicros, SystemClock } from '@faultline/messaging';
import {
  createControlClient,
  PresenceBoard,
  type ProvisioningConfig,
  settlesWithin,
} from '@faultline/runtime';
import { Interrupted, RunFailed } from '../errors';
import type { Terminal } from '../terminal';
import { Bus } from './bus';
import type { ConsolePlace } from './console-place';
import { ControlPlane } from './control-plane';
import { Course, type CourseEnd } from './course';
import type { Crew } from './crew';
import { diskFull } from './disk-full';
import { Lifeline } from './lifeline';
import { Hand } from '@faultline/units';
import { Interruption } from './interruption';
import { OwnCrew } from './own-crew';
import { planInstances } from './plan';
import { serviceFailed } from './service-failed';
import { listenToPresence } from './presence-server';
import { ProgressMeter } from './progress';
import { ProgressDisplay } from './progress-display';
import type { RunFolder } from './run-folder';
import { StandingCrew } from './standing-crew';
import { Supervisor } from './supervisor';
import { Timeline } from '@faultline/units';
import { Wiring } from '@faultline/units';

export interface SessionOptions {
  scenario: ResolvedScenario;
  folder: RunFolder;
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  /** How the streams and queues of the run are made. */
  provisioning: ProvisioningConfig;
  /** What the services log. */
  logLevel: string;
  /** The site whose services carry out the run; absent to start processes for it. */
  site?: string;
  /** Where the console of the run is to be; absent for none. Not at a site, whose services have what they have. */
  console?: ConsolePlace;
  /** Called with what came out while the services are still there, which then stay until the user has had enough. */
  onOver?(result: SessionResult): Promise<void>;
}

/** What came out of a run that could be summarised. */
export interface SessionResult {
  end: CourseEnd;
  /** Everything under way came to its end, or the user's patience was not to be tried. */
  drained: boolean;
  /** What the event log answered. */
  summary: unknown;
  durability: string;
  deadLetters: number;
  repairedQueues: number;
  /** Absent for a scenario that charges nothing for the software of the machine under study. */
  hostUse?: HostUse;
}

/** Five Node.js processes on a small, busy machine take their time to start. */
const READY_MILLIS = 90_000;
const STUCK_MILLIS = 120_000;
const DRAIN_MILLIS = 10_000;
/** On a server of somebody else, time for it to come back from an outage, or at a site for a service that died to be started again. */
const ABSENCE_MILLIS = 60_000;
/** A heartbeat, and what it takes to arrive. */
const HEARD_MILLIS = 2_000;
const SUMMARY_MILLIS = 300_000;
/** A service that dies is noticed a moment after the question it left unanswered. */
const DEATH_MILLIS = 1_000;
/** An append to a log that may be gone is not waited for any longer. */
const TELL_MILLIS = 1_000;

/** One run, from the first process started to the last one gone. */
export class RunSession {
  private readonly lifeline = new Lifeline();
  private readonly supervisor = new Supervisor(
    (error) => this.lifeline.fail(error),
    (line) => this.display.step(line),
  );
  private readonly board = new PresenceBoard((presence) => this.lifeline.fail(serviceFailed(presence)));
  private readonly meter = new ProgressMeter();
  private readonly display: ProgressDisplay;
  private readonly lab: string;
  private crew: Crew | undefined;
  private bus: Bus | undefined;
  private presence: INestMicroservice | undefined;
  private client: ClientNats | undefined;
  private devicesStarted = false;
  /** The run has its result: what goes wrong now is no failure of it. */
  private isOver = false;
  private failed = false;
  private leavesStreams = true;

  constructor(private readonly options: SessionOptions) {
    this.display = new ProgressDisplay(options.terminal);
    this.lab = `run-${options.folder.id}`;
  }

  /** Rejects with what went wrong; in any case nothing is left running afterwards. */
  async run(): Promise<SessionResult> {
    const interruption = new Interruption(this.supervisor.killAll, () =>
      this.display.step('stopping; Ctrl-C again ends everything at once'),
    );
    void interruption.requested.then(() => {
      if (!this.devicesStarted) this.lifeline.fail(new Interrupted());
    });
    try {
      const { bus, control, wiring } = await this.setUp();
      const { end, drained } = await this.follow(control, wiring, interruption);
      const result = await this.summarise(bus, control, end, drained);
      await this.stay(result, interruption);
      return result;
    } catch (thrown) {
      const cause = await this.causeOf(thrown);
      this.failed = true;
      if (this.presence && !this.isOver) this.display.step('the run failed; stopping the services');
      await this.tellFailure();
      throw cause;
    } finally {
      this.display.clear();
      await this.tearDown();
      interruption.close();
    }
  }

  /** Something that the run hangs on is gone. */
  fail(error: RunFailed): void {
    this.lifeline.fail(error);
  }

  private async setUp(): Promise<{ bus: Bus; control: ControlPlane; wiring: Wiring }> {
    const { folder, scenario, environment, site } = this.options;
    const { lab } = this;
    const crew = this.crewOf(site);
    this.crew = crew;
    this.bus = await Bus.open({
      lab,
      folder,
      queues: queuesOfScenario(scenario),
      provisioning: this.options.provisioning,
      url: environment['NATS_URL'] || undefined,
      onLost: (error) => this.lifeline.fail(error),
    });
    const { bus } = this;
    if (bus.server) this.supervisor.watchGroup(bus.server.pid);
    this.display.step(
      bus.server
        ? `nats-server ${bus.version} on ${bus.servers.join(', ')}`
        : `using the NATS server ${site === undefined ? 'at NATS_URL' : `of site ${site}`}, as laboratory ${lab}`,
    );
    await this.lifeline.race(bus.connect());
    await this.lifeline.race(crew.hire(bus));
    await this.lifeline.race(bus.prepare());
    this.presence = await listenToPresence(bus.servers, lab, this.board);
    // Before any service begins: one that came upon the scenario of another run would take part in that.
    await this.lifeline.race(
      bus.append({ kind: 'ScenarioLoaded', run: folder.id, scenario, atMicros: nowMicros() }),
    );
    await this.lifeline.race(crew.begin(bus));
    this.display.step(crew.names);
    const ready = this.board.complete(() => crew.missing());
    await this.lifeline.within(ready, READY_MILLIS, () => notReady(crew));
    this.client = createControlClient(bus.servers, `faultline lab ${lab}`);
    await this.lifeline.race(this.client.connect());
    const absence = bus.server ? 0 : ABSENCE_MILLIS;
    const control = new ControlPlane(this.client, bus.subjects, scenario, absence);
    const wiring = new Wiring(control, scenario);
    await this.lifeline.race(wiring.wireUp());
    return { bus, control, wiring };
  }

  private crewOf(site: string | undefined): Crew {
    const { folder, scenario, environment, logLevel } = this.options;
    const { lab, board, supervisor, display, lifeline } = this;
    if (site === undefined)
      return new OwnCrew({
        ...{ lab, supervisor, board, folder, environment, logLevel },
        instances: planInstances(scenario),
        scenario,
        console: this.options.console,
      });
    return new StandingCrew({
      ...{ site, lab, run: folder.id, scenario, board, clock: new SystemClock() },
      tell: (line) => display.step(line),
      onLost: (error) => lifeline.fail(error),
    });
  }

  private async follow(
    control: ControlPlane,
    wiring: Wiring,
    interruption: Interruption,
  ): Promise<{ end: CourseEnd; drained: boolean }> {
    const { lifeline, meter, display } = this;
    const { scenario } = this.options;
    const hand = new Hand(control, wiring, scenario);
    const timeline = new Timeline({
      steps: scenario.timeline,
      timeScale: scenario.timeScale,
      nowMicros: () => performance.now() * 1000,
      act: (action) => lifeline.race(hand.act(action)),
      onDone: (line) => display.step(line),
    });
    const course = new Course({
      control,
      lifeline,
      timeline,
      stuckMillis: STUCK_MILLIS + (longestRetransmissionMicros(scenario) * scenario.timeScale) / 1_000,
      mayMiss: this.bus?.server === undefined,
      mayIdle: scenario.devices.some(({ workloads }) =>
        workloads.some(({ ratePerSecond }) => ratePerSecond > 0),
      ),
      stopRequested: () => interruption.isRequested,
      onProgress: (progress) => {
        meter.add(progress);
        display.update(meter.line());
      },
    });
    this.devicesStarted = true;
    await lifeline.race(control.ask('device-emulator.start', {}));
    timeline.begin();
    const end = await course.follow();
    const drained = end === 'finished' || (await course.stop(DRAIN_MILLIS));
    return { end, drained };
  }

  private async summarise(
    bus: Bus,
    control: ControlPlane,
    end: CourseEnd,
    drained: boolean,
  ): Promise<SessionResult> {
    const hostUse = await this.hostUse(control);
    const upToSequence = await this.lifeline.race(bus.append(this.ended(end)));
    this.display.update('writing the record and checking it');
    const summary = await this.lifeline.race(
      control.ask('event-log.finish', { upToSequence }, SUMMARY_MILLIS),
    );
    await this.keepHeads(bus);
    this.leavesStreams = false;
    this.isOver = true;
    const { deadLetters, repairedQueues } = this.board;
    const { durability } = bus;
    return {
      end,
      drained,
      summary,
      durability,
      deadLetters,
      repairedQueues,
      ...(hostUse ? { hostUse } : {}),
    };
  }

  /** Whoever stopped the run has had enough by now. */
  private async stay(result: SessionResult, interruption: Interruption): Promise<void> {
    const { onOver } = this.options;
    if (!onOver || interruption.isRequested) return;
    this.display.clear();
    await this.lifeline.race(onOver(result));
    await this.lifeline.race(interruption.requested);
  }

  /** What workers say of themselves is a second old at most; that of a run which has drained is waited for. */
  private async hostUse(control: ControlPlane): Promise<HostUse | undefined> {
    if (!this.options.scenario.hostCosts) return undefined;
    await this.lifeline.race(settlesWithin(this.board.workersHeard(), HEARD_MILLIS));
    const { locks = [] } = await this.lifeline.race(control.look('mm-handler.progress'));
    return { workers: this.board.workers, mmLocks: locks };
  }

  /** The store goes with the run, and what nobody who rewrites the record may change must not be written by the event log. */
  private async keepHeads(bus: Bus): Promise<void> {
    try {
      this.options.folder.writeHeads((await bus.publishedHeads()).map(headText));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.display.step(`the published heads of the record could not be kept: ${reason}`);
    }
  }

  private ended(reason: 'finished' | 'stopped' | 'failed') {
    return { kind: 'RunEnded' as const, run: this.options.folder.id, reason, atMicros: nowMicros() };
  }

  /** The log tells that the run failed, unless the log is what failed, or the run has ended before. */
  private async tellFailure(): Promise<void> {
    if (this.bus && !this.isOver) await settlesWithin(this.bus.append(this.ended('failed')), TELL_MILLIS);
  }

  /** A question that was not answered because its service died is told as that death. */
  private async causeOf(thrown: unknown): Promise<unknown> {
    if (!this.lifeline.failure) await this.lifeline.pause(DEATH_MILLIS).catch(() => undefined);
    const failure = this.lifeline.failure ?? thrown;
    return (await diskFull(this.options.folder.path, failure)) ?? failure;
  }

  private async tearDown(): Promise<void> {
    const late = await this.crew?.dismiss(this.failed).catch((error: unknown) => [String(error)]);
    // After a failure the others wait for what is not there any more: their end says nothing.
    if (late && late.length > 0 && !this.failed)
      this.display.step(`did not stop in time: ${late.join(', ')}`);
    // What failed is looked into, so its streams stay; without a run in them there is nothing to see.
    if (!this.leavesStreams || this.lifeline.failure instanceof Interrupted) await this.bus?.removeStreams();
    await this.crew?.release().catch((error: unknown) => this.display.step(String(error)));
    await this.presence?.close().catch(() => undefined);
    await this.client?.close().catch(() => undefined);
    await this.bus?.close().catch(() => undefined);
    if (this.bus?.server) this.supervisor.forgetGroup(this.bus.server.pid);
    this.supervisor.close();
  }
}

function notReady(crew: Crew): RunFailed {
  return new RunFailed(
    `not ready within ${READY_MILLIS / 1000} s: ${crew.missing().join(', ')}; ${crew.whereToLook}`,
  );
}
