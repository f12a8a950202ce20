import { statfs } from 'node:fs/promises';
import type { INestMicroservice } from '@nestjs/common';
import type { ClientNats } from '@nestjs/microservices';
import type { ResolvedScenario } from '@faultline/contracts';
import { createControlClient, type ProvisioningConfig } from '@faultline/runtime';
import { Interrupted, RunFailed } from '../errors';
import type { Terminal } from '../terminal';
import { Bus } from './bus';
import { ControlPlane } from './control-plane';
import { Course, type CourseEnd } from './course';
import { Lifeline } from './lifeline';
import { Hand } from './hand';
import { Interruption } from './interruption';
import { entryPoint, planInstances, type PlannedInstance } from './plan';
import { PresenceBoard } from './presence-board';
import { listenToPresence } from './presence-server';
import { ProgressMeter } from './progress';
import { ProgressDisplay } from './progress-display';
import { queuesOfScenario } from './queues';
import type { RunFolder } from './run-folder';
import { Supervisor } from './supervisor';
import { Timeline } from './timeline';
import { Wiring } from './wiring';

export interface SessionOptions {
  scenario: ResolvedScenario;
  folder: RunFolder;
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  /** How the streams and queues of the run are made. */
  provisioning: ProvisioningConfig;
  /** What the services log. */
  logLevel: string;
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
}

/** Five Node.js processes on a small, busy machine take their time to start. */
const READY_MILLIS = 90_000;
const STUCK_MILLIS = 120_000;
const DRAIN_MILLIS = 10_000;
const SUMMARY_MILLIS = 300_000;
/** A service that dies is noticed a moment after the question it left unanswered. */
const DEATH_MILLIS = 1_000;
/** Time services get to stop in order, and what they get when there is nothing left to settle. */
const STOP_MILLIS = 10_000;
const FAILED_STOP_MILLIS = 2_000;
/** An append to a log that may be gone is not waited for any longer. */
const TELL_MILLIS = 1_000;

/**
 * Services that ask others and wait for answers stop while there is still somebody to answer: a worker may wait for a page, and the
 * mm meanwhile for devices to give it up.
 */
const STOP_ORDER = [/^iopf-worker/, /^device-emulator/];

const nowMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** Below this nothing of a run can be written any more. */
const LEAST_FREE_BYTES = 4 * 1024 ** 2;

/** A full disk shows as whatever stopped first for want of it; what has to be said is that it is full. */
async function diskFull(path: string, failure: unknown): Promise<RunFailed | undefined> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= LEAST_FREE_BYTES) return undefined;
  const seen = failure instanceof Error ? ` (seen as: ${failure.message})` : '';
  return new RunFailed(
    `the disk that holds ${path} is full: free some space, or keep runs elsewhere with --runs DIR${seen}`,
  );
}

/** One run, from the first process started to the last one gone. */
export class RunSession {
  private readonly lifeline = new Lifeline();
  private readonly supervisor = new Supervisor((error) => this.lifeline.fail(error));
  private readonly board = new PresenceBoard((error) => this.lifeline.fail(error));
  private readonly meter = new ProgressMeter();
  private readonly display: ProgressDisplay;
  private readonly instances: PlannedInstance[];
  private bus: Bus | undefined;
  private presence: INestMicroservice | undefined;
  private client: ClientNats | undefined;
  private devicesStarted = false;
  private failed = false;

  constructor(private readonly options: SessionOptions) {
    this.display = new ProgressDisplay(options.terminal);
    this.instances = planInstances(options.scenario);
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
      return await this.summarise(bus, control, end, drained);
    } catch (thrown) {
      const cause = await this.causeOf(thrown);
      this.failed = true;
      if (this.presence) this.display.step('the run failed; stopping the services');
      await this.tellFailure();
      throw cause;
    } finally {
      this.display.clear();
      await this.tearDown();
      interruption.close();
    }
  }

  private async setUp(): Promise<{ bus: Bus; control: ControlPlane; wiring: Wiring }> {
    const { folder, scenario, environment } = this.options;
    const lab = `run-${folder.id}`;
    const scripts = this.instances.map(({ service }) => entryPoint(service));
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
        : `using the NATS server at NATS_URL`,
    );
    await this.lifeline.race(bus.prepare());
    this.presence = await listenToPresence(bus.servers, lab, this.board);
    this.instances.forEach(({ instance }, place) => this.start(instance, scripts[place] ?? '', lab, bus));
    await this.lifeline.race(
      bus.append({ kind: 'ScenarioLoaded', run: folder.id, scenario, atMicros: nowMicros() }),
    );
    const names = this.instances.map(({ instance }) => instance);
    this.display.step(`services: ${names.join(', ')}`);
    await this.lifeline.within(this.board.allReady(names), READY_MILLIS, () => this.notReady(names));
    this.client = createControlClient(bus.servers, `faultline lab ${lab}`);
    await this.lifeline.race(this.client.connect());
    const control = new ControlPlane(this.client, bus.subjects);
    const wiring = new Wiring(control, scenario);
    await this.lifeline.race(wiring.wireUp());
    return { bus, control, wiring };
  }

  private start(instance: string, script: string, lab: string, bus: Bus): void {
    const { folder, environment, logLevel } = this.options;
    this.supervisor.start({
      instance,
      script,
      logFile: folder.instanceLog(instance),
      environment: {
        ...environment,
        NATS_URL: bus.servers.join(','),
        FAULTLINE_LAB: lab,
        FAULTLINE_INSTANCE: instance,
        FAULTLINE_RUN_DIR: folder.path,
        LOG_LEVEL: logLevel,
      },
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
      stuckMillis: STUCK_MILLIS,
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
    const upToSequence = await this.lifeline.race(bus.append(this.ended(end)));
    this.display.update('writing the record and checking it');
    const summary = await this.lifeline.race(
      control.ask('event-log.finish', { upToSequence }, SUMMARY_MILLIS),
    );
    await bus.removeStreams();
    const { deadLetters, repairedQueues } = this.board;
    return { end, drained, summary, durability: bus.durability, deadLetters, repairedQueues };
  }

  private ended(reason: 'finished' | 'stopped' | 'failed') {
    return { kind: 'RunEnded' as const, run: this.options.folder.id, reason, atMicros: nowMicros() };
  }

  /** The log tells that the run failed, unless the log is what failed. */
  private async tellFailure(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, TELL_MILLIS)));
    const told = this.bus?.append(this.ended('failed')).then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([told, late]);
    clearTimeout(timer);
  }

  private notReady(names: readonly string[]): RunFailed {
    const logs = this.options.folder.logs;
    return new RunFailed(
      `not ready within ${READY_MILLIS / 1000} s: ${this.board.missing(names).join(', ')}; their logs are in ${logs}`,
    );
  }

  /** A question that was not answered because its service died is told as that death. */
  private async causeOf(thrown: unknown): Promise<unknown> {
    if (!this.lifeline.failure) await this.lifeline.pause(DEATH_MILLIS).catch(() => undefined);
    const failure = this.lifeline.failure ?? thrown;
    return (await diskFull(this.options.folder.path, failure)) ?? failure;
  }

  private async tearDown(): Promise<void> {
    const killed = await this.supervisor.stopAll(this.failed ? FAILED_STOP_MILLIS : STOP_MILLIS, STOP_ORDER);
    // After a failure the others wait for what is not there any more: their end says nothing.
    if (killed.length > 0 && !this.failed) this.display.step(`had to be killed: ${killed.join(', ')}`);
    await this.presence?.close().catch(() => undefined);
    await this.client?.close().catch(() => undefined);
    await this.bus?.close().catch(() => undefined);
    if (this.bus?.server) this.supervisor.forgetGroup(this.bus.server.pid);
    this.supervisor.close();
  }
}
