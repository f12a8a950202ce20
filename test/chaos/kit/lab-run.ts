import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import type { ClientNats } from '@nestjs/microservices';
import type { JetStreamManager } from 'nats';
import {
  deadStream,
  iommuUnit,
  type LabEvent,
  labSchema,
  type ResolvedScenario,
  segmentUnit,
  type ServiceName,
  shardUnit,
  SITES_BUCKET,
  subjectsOf,
  queuesOfScenario,
} from '@faultline/contracts';
import { appendSurely, type LogMessage, preferredMember, type Running, toError } from '@faultline/hosting';
import {
  type NatsLink,
  NatsLog,
  openKv,
  provision,
  provisionKv,
  removeLab,
  SystemClock,
  nowMicros,
} from '@faultline/messaging';
import type { RunSummary } from '@faultline/record';
import { createControlClient, PresenceBoard } from '@faultline/runtime';
import { RunFailed } from '../../../apps/lab/src/errors';
import { ControlPlane } from '../../../apps/lab/src/run/control-plane';
import { Course } from '../../../apps/lab/src/run/course';
import { Hand } from '@faultline/units';
import { Lifeline } from '../../../apps/lab/src/run/lifeline';
import { serviceFailed } from '../../../apps/lab/src/run/service-failed';
import { listenToPresence } from '../../../apps/lab/src/run/presence-server';
import type { Progress } from '../../../apps/lab/src/run/progress';
import { SiteHold } from '../../../apps/lab/src/run/site-hold';
import { Timeline } from '@faultline/units';
import { Wiring } from '@faultline/units';
import type { Fleet, Member } from './fleet';
import { DeadlineMissed, until } from './until';
import { type Standing, verdictOf, type Verdict } from './verdict';

export type { Verdict } from './verdict';

/** What a laboratory runs on. */
export interface LabGround {
  /** Where runs are kept. */
  readonly directory: string;
  readonly site: string;
  readonly server: { readonly url: string };
  readonly link: NatsLink;
  readonly jsm: JetStreamManager;
  readonly fleet: Fleet;
  tell(line: string): void;
}

const READY_MILLIS = 90_000;
const LEAVE_MILLIS = 20_000;
/** What a takeover may cost on a busy machine, several times over. */
const ACT_MILLIS = 60_000;
const STUCK_MILLIS = 90_000;
/** A unit may be without an owner while whoever runs services starts one again. */
const ABSENCE_MILLIS = 60_000;
const FINISH_MILLIS = 300_000;
/** A laboratory that is not over by then hangs. */
const DEFAULT_PATIENCE_MILLIS = 110_000;
/** A worker that died is missed soon, so that tests need not wait. */
const ACK_WAIT_MILLIS = 3_000;

/** One laboratory of a system under chaos, from its first stream to the verdict. Driven as the command line drives a site. */
export class LabRun {
  readonly board = new PresenceBoard((presence) => this.fail(serviceFailed(presence)));
  private readonly acts: string[] = [];
  /** What was sent damaged, and so must be kept. */
  expectedDeadLetters = 0;
  private readonly subjects;
  private readonly lifeline = new Lifeline();
  private readonly clock = new SystemClock();
  private readonly log: NatsLog;
  private readonly beganAt = performance.now();
  private hold: SiteHold | undefined;
  private presence: INestMicroservice | undefined;
  private client: ClientNats | undefined;
  private progress: Progress | undefined;
  private endedAt = 0;
  private longestPauseMillis = 0;
  private appended = 0;

  constructor(
    private readonly system: LabGround,
    readonly lab: string,
    readonly scenario: ResolvedScenario,
    private readonly patienceMillis = DEFAULT_PATIENCE_MILLIS,
  ) {
    this.subjects = subjectsOf(lab);
    this.log = new NatsLog(system.link, { lab });
  }

  /** Says what was done, and when. */
  tell(line: string): void {
    const seconds = ((performance.now() - this.beganAt) / 1000).toFixed(2);
    const act = `${seconds.padStart(7)} s  ${line}`;
    this.acts.push(act);
    this.system.tell(act);
  }

  /** The laboratory cannot come to its end. */
  fail(error: Error): void {
    this.tell(error.message);
    this.lifeline.fail(error);
  }

  async carryOut(act: (run: LabRun) => Promise<void>): Promise<Verdict> {
    const late = setTimeout(
      () =>
        this.fail(
          new RunFailed(`not over within ${this.patienceMillis / 1000} s: ${JSON.stringify(this.progress)}`),
        ),
      this.patienceMillis,
    );
    try {
      const control = await this.begin();
      const wiring = new Wiring(control, this.scenario);
      const acting = act(this);
      // What goes wrong in it shows when it is waited for, at the latest.
      acting.catch((error: unknown) => this.lifeline.fail(toError(error)));
      await this.lifeline.race(wiring.wireUp());
      await this.follow(control, wiring);
      await this.lifeline.race(acting);
      return await this.finish(control);
    } catch (error) {
      const failure = this.lifeline.failure ?? error;
      const message = failure instanceof Error ? failure.message : String(failure);
      throw new RunFailed(`${message}\n${this.acts.join('\n')}`, { cause: failure });
    } finally {
      clearTimeout(late);
    }
  }

  /** The services leave, and nothing stays of the laboratory. Resolves with a complaint when some do not leave. */
  async close(): Promise<string[]> {
    await this.hold?.leave(LEAVE_MILLIS);
    const here = (): string[] => this.board.here().map(({ instance }) => instance);
    await until(`all services leave ${this.lab}`, () => here().length === 0, LEAVE_MILLIS).catch(
      (error: unknown) => {
        if (!(error instanceof DeadlineMissed)) throw error;
      },
    );
    const staying = here();
    await removeLab(this.system.jsm, this.lab);
    await this.hold?.release();
    await this.presence?.close();
    await this.client?.close();
    return staying.length > 0 ? [`did not leave ${this.lab}: ${staying.join(', ')}`] : [];
  }

  /** Resolves when the failpoint of the member has come true. */
  async fired(member: Member, rule: string): Promise<void> {
    await until(
      `failpoint ${rule} of ${member.instance}`,
      () => this.halted() || member.hasFired(rule),
      ACT_MILLIS,
    );
    this.tell(`failpoint ${rule} of ${member.instance}`);
  }

  /** Resolves when so many accesses have ended. */
  async ended(count: number): Promise<void> {
    await until(
      `${count} accesses`,
      () => this.halted() || (this.progress?.devices.ended ?? 0) >= count,
      ACT_MILLIS,
    );
  }

  /**
   * Resolves when another process owns the unit: of another instance, or the next one of the same. Gives the time until its first message
   * stood in the log, in milliseconds.
   */
  async takenFrom(pid: number, unit: string): Promise<number> {
    const since = performance.now();
    const before = await this.epochOf(unit);
    await until(
      `another owner of ${unit} than process ${pid} begins`,
      async () => this.halted() || (await this.epochOf(unit)) > before,
      ACT_MILLIS,
    );
    const tookMillis = performance.now() - since;
    const taker = await until(
      `somebody takes ${unit} from process ${pid}`,
      () => {
        this.halted();
        return this.board.here().find((each) => each.pid !== pid && each.units.includes(unit));
      },
      ACT_MILLIS,
    );
    this.tell(`${taker.instance} owns ${unit}, which was without an owner for ${Math.round(tookMillis)} ms`);
    return tookMillis;
  }

  /** Epoch of the newest owner that has begun. */
  private async epochOf(unit: string): Promise<number> {
    const [kind, number] = unit.split('.');
    const { hwLog, mmLog, segmentLog } = this.subjects;
    const subjectOf = kind === 'iommu' ? hwLog : kind === 'mm' ? mmLog : segmentLog;
    return (await this.log.last(subjectOf(Number(number))))?.headers.epoch ?? 0;
  }

  /** A stranger writes the last message of a subject into the log again, under another identity. */
  async repeatLast(subject: string, times: number): Promise<void> {
    for (let time = 1; time <= times; time += 1) {
      const last = await this.log.last(subject);
      if (!last) throw new Error(`there is nothing on ${subject}`);
      const { headers, body } = last;
      await this.log.append({ subject, headers, body, id: `stranger-${subject}-${time}` });
    }
    this.tell(`${subject} was said again ${times} times`);
  }

  /** Who is to own a unit when all are there. */
  ownerOf(unit: string): Member {
    return this.system.fleet.member(preferredOwner(unit, this.system.fleet.counts));
  }

  /** Lets time pass, unless the laboratory fails. */
  async pause(millis: number): Promise<void> {
    await this.lifeline.pause(Math.max(0, millis));
  }

  private see(progress: Progress): void {
    const before = this.progress?.devices.ended;
    const now = performance.now();
    if (before === undefined || progress.devices.ended > before) this.endedAt = now;
    else this.longestPauseMillis = Math.max(this.longestPauseMillis, now - this.endedAt);
    this.progress = progress;
  }

  private halted(): boolean {
    if (this.lifeline.failure) throw this.lifeline.failure;
    return false;
  }

  private async begin(): Promise<ControlPlane> {
    const { system, lab, scenario, lifeline } = this;
    const { jsm, link, server } = system;
    await provision(jsm, {
      lab,
      queues: queuesOfScenario(scenario),
      logMaxBytes: 1024 ** 3,
      snapshotMaxBytes: 16 * 1024 ** 2,
      ackWaitMillis: ACK_WAIT_MILLIS,
    });
    mkdirSync(join(system.directory, 'runs', lab), { recursive: true });
    await this.append({ kind: 'ScenarioLoaded', run: lab, scenario, atMicros: nowMicros() });
    this.presence = await listenToPresence([server.url], lab, this.board);
    await provisionKv(jsm, SITES_BUCKET);
    this.hold = await SiteHold.take({
      ...{ kv: await openKv(link, SITES_BUCKET), clock: this.clock, site: system.site, run: lab },
      holder: randomUUID(),
      onLost: (error) => this.fail(error),
    });
    await this.hold.serve(lab);
    const missing = (): string[] => this.missing();
    const late = (): Error => new RunFailed(`not ready: ${missing().join(', ')}`);
    await lifeline.within(this.board.complete(missing), READY_MILLIS, late);
    this.tell('all services are there');
    this.client = createControlClient([server.url], `chaos ${lab}`);
    await this.client.connect();
    return new ControlPlane(this.client, this.subjects, scenario, ABSENCE_MILLIS);
  }

  /** Everybody is ready, and every unit is where hashing puts it: from there on a failpoint meets who it was meant for. */
  private missing(): string[] {
    const { system, board, scenario } = this;
    const names = system.fleet.members.map(({ instance }) => instance);
    const units = [
      ...scenario.iommus.flatMap(({ iommu, segment }) => [iommuUnit(iommu), segmentUnit(segment)]),
      ...scenario.shards.map(({ shard }) => shardUnit(shard)),
    ];
    const astray = units.filter((unit) => {
      const owner = preferredOwner(unit, system.fleet.counts);
      return !board.here().some(({ instance, units }) => instance === owner && units.includes(unit));
    });
    return [...board.missing(names), ...astray];
  }

  private async follow(control: ControlPlane, wiring: Wiring): Promise<void> {
    const { lifeline, scenario } = this;
    const hand = new Hand(control, wiring, scenario);
    const timeline = new Timeline({
      steps: scenario.timeline,
      timeScale: scenario.timeScale,
      nowMicros: () => performance.now() * 1000,
      act: (action) => lifeline.race(hand.act(action)),
      onDone: (line) => this.tell(line),
    });
    const course = new Course({
      ...{ control, lifeline, timeline, stuckMillis: STUCK_MILLIS, mayMiss: true, mayIdle: true },
      stopRequested: () => false,
      onProgress: (progress) => this.see(progress),
    });
    await lifeline.race(control.ask('device-emulator.start', {}, ABSENCE_MILLIS));
    this.tell('the devices start');
    timeline.begin();
    await course.follow();
    this.tell('drained');
  }

  private async finish(control: ControlPlane): Promise<Verdict> {
    const { lifeline, lab, scenario, expectedDeadLetters, longestPauseMillis } = this;
    const [devices, iommus, mm] = await lifeline.race(
      Promise.all([
        control.look('device-emulator.progress', ABSENCE_MILLIS),
        control.look('iommu.progress', ABSENCE_MILLIS),
        control.look('mm-handler.progress', ABSENCE_MILLIS),
      ]),
    );
    const standing: Standing = { ...devices, ...iommus, ...mm };
    const ending: LabEvent = { kind: 'RunEnded', run: lab, reason: 'finished', atMicros: nowMicros() };
    const upToSequence = await this.append(ending);
    const summary = (await lifeline.race(
      control.ask('event-log.finish', { upToSequence }, FINISH_MILLIS),
    )) as RunSummary;
    const log = await this.read(upToSequence);
    const { messages } = (await this.system.jsm.streams.info(deadStream(lab))).state;
    this.tell('audited');
    const letters = { deadLetters: messages, expectedDeadLetters };
    return { ...verdictOf({ scenario, summary, log, standing, ...letters }), longestPauseMillis };
  }

  private async append(event: LabEvent): Promise<number> {
    const headers = { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 };
    const id = `chaos-${this.lab}-${(this.appended += 1)}`;
    const message = { subject: this.subjects.labLog, headers, body: labSchema.encode([event]), id };
    return (await appendSurely(this.log, message, this.clock)).sequence;
  }

  private async read(upToSequence: number): Promise<LogMessage[]> {
    const log: LogMessage[] = [];
    let following: Promise<Running> | undefined;
    await new Promise<void>((resolve, reject) => {
      following = this.log.follow({
        subject: this.subjects.allLog,
        fromSequence: 1,
        onMessage: (message) => {
          // The body is a view into a buffer that the connection uses again.
          if (message.sequence <= upToSequence) log.push({ ...message, body: message.body.slice() });
          if (message.sequence >= upToSequence) resolve();
        },
        onError: reject,
      });
      following.catch(reject);
    });
    await (await following)?.stop();
    return log;
  }
}

const SERVICE_OF: Readonly<Record<string, ServiceName>> = {
  iommu: 'iommu',
  segment: 'device-emulator',
  mm: 'mm-handler',
};

/** The instance that hashing prefers for a unit when all of the system are there. */
export function preferredOwner(unit: string, counts: Readonly<Record<ServiceName, number>>): string {
  const service = SERVICE_OF[unit.split('.')[0] ?? ''];
  if (!service) throw new Error(`no service has units such as ${unit}`);
  const names = Array.from({ length: counts[service] }, (_, index) => `${service}-${index + 1}`);
  return preferredMember(unit, names) ?? '';
}
