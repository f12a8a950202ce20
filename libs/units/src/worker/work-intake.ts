import type { Redriven, ResolvedScenario, WorkerUse } from '@faultline/contracts';
import { type GroupHandled, Numbered } from '@faultline/domain';
import type { LogMessage, WorkMessage } from '@faultline/hosting';
import type { UnitPorts, WorkerTracer, WorkSpan } from '../common';
import { failureOf, type GroupHandler, type Work } from './group-handler';
import { GroupStart } from './group-start';
import { PoisonedWork, WorkReader } from './poisoned-work';
import type { ResultLog } from './result-log';
import { Servers } from './servers';

/** A message between its arrival and its settlement. */
interface Held {
  /** Among those that this worker holds. */
  number: number;
  message: WorkMessage;
  /** Groups whose result is not in the log yet. */
  open: number;
  /** Why it is poison: none for a message that could be decided. */
  refusals: Error[];
  /** Names of the groups that were answered FAILURE for it. */
  failed: string[];
  /** Present when it holds a traced fault. */
  span: WorkSpan | undefined;
}

/** Takes work messages, hands their groups to the servers, and settles a message when all its results are in the log. */
export class WorkIntake {
  /** Work messages this worker holds at once: what its servers are at, and as much again so that none waits for a pull. */
  readonly prefetch: number;
  private readonly servers: Servers;
  private readonly groupStart: GroupStart;
  private readonly reader: WorkReader;
  private readonly held = new Numbered<Held>();
  private idle: (() => void)[] = [];
  private cancelExtend: () => void = () => undefined;

  constructor(
    private readonly ports: UnitPorts,
    private readonly scenario: Pick<ResolvedScenario, 'workers' | 'iommus' | 'timeScale' | 'hostCosts'>,
    private readonly handler: GroupHandler,
    private readonly results: ResultLog,
    private readonly tracer?: WorkerTracer,
  ) {
    const { servers, groupsPerMessage } = scenario.workers;
    this.servers = new Servers(servers, ports.clock);
    this.groupStart = new GroupStart(ports, scenario);
    this.reader = new WorkReader(
      ports.subjects,
      scenario.iommus.map(({ iommu }) => iommu),
    );
    this.prefetch = Math.max(2, Math.ceil((2 * servers) / groupsPerMessage));
  }

  take(message: WorkMessage): void {
    const { iommu, groups, refusal } = this.reader.read(message);
    const span = this.tracer?.takes(message, groups);
    const refusals = refusal ? [refusal] : [];
    const number = this.held.free();
    const held: Held = { number, message, open: groups.length, refusals, failed: [], span };
    this.held.add(number, held);
    if (groups.length === 0) return this.settle(held);
    for (const group of groups) {
      const work = { iommu, epoch: group.groupEpoch, group, span: span?.of(group) };
      // What stands in a message with a bad record is not believed, but whoever waits for it is answered.
      if (refusal) this.answerFailure(held, work);
      else this.serve(held, work);
    }
  }

  /** Takes a message that no queue delivers. Resolves with what became of it when it is settled. */
  redrive(message: LogMessage): Promise<Redriven> {
    const nothing = (): void => undefined;
    return new Promise((resolve) =>
      this.take({
        ...message,
        deliveries: 1,
        ack: () => resolve({ poisoned: false }),
        terminate: (reason) => resolve({ poisoned: true, reason }),
        extend: nothing,
        retry: nothing,
      }),
    );
  }

  /** From now on says of every message it holds that it is still at it, at a third of the deadline (D12). */
  extendWithin(ackWaitMillis: number): void {
    this.cancelExtend();
    this.extendAfter((ackWaitMillis * 1_000) / 3);
  }

  /** What its servers and the locks of its queues were used for so far. */
  get use(): WorkerUse {
    const { timeScale, workers } = this.scenario;
    const { busyMicros, ...starts } = this.servers.use;
    const queueLocks = Object.fromEntries(this.groupStart.lockUses);
    return { servers: workers.servers, ...starts, busyMicros: busyMicros / timeScale, queueLocks };
  }

  /** Resolves when no message is held; takes none afterwards. */
  async drained(): Promise<void> {
    if (this.held.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.cancelExtend();
  }

  private serve(held: Held, work: Work): void {
    this.servers.run((free, start) =>
      this.groupStart.after(start, work.group.queue, () =>
        this.handler.handle(work, (handled, refusal) => {
          free();
          if (refusal) {
            held.refusals.push(refusal);
            held.failed.push(nameOf(work));
          }
          this.results.append(handled, () => this.groupHandled(held, work, handled), work.span);
        }),
      ),
    );
  }

  private answerFailure(held: Held, work: Work): void {
    held.failed.push(nameOf(work));
    const failure = failureOf(work, this.ports.clock.nowMicros());
    const done = (): void => {
      work.span?.handled(failure);
      this.groupDone(held);
    };
    this.results.append(failure, done, work.span);
  }

  private groupHandled(held: Held, { group, span }: Work, result: GroupHandled): void {
    this.ports.meter?.handled(group, result);
    span?.handled(result);
    this.groupDone(held);
  }

  private groupDone(held: Held): void {
    held.open -= 1;
    if (held.open === 0) this.settle(held);
  }

  /** Every result is in the log: only now is the message let go, and poison not before its letter is kept (D12). */
  private settle(held: Held): void {
    const { message, refusals, failed, span } = held;
    span?.done();
    if (refusals.length === 0) {
      message.ack();
      return this.release(held);
    }
    const poison = new PoisonedWork(refusals, failed);
    const { subject, body, sequence } = message;
    const { instance: unit } = this.ports.config;
    void this.ports.bury({ subject, unit, body, sequence }, poison).then(() => {
      message.terminate(poison.message);
      this.release(held);
    });
  }

  private release({ number }: Held): void {
    this.held.delete(number);
    if (this.held.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private extendAfter(micros: number): void {
    this.cancelExtend = this.ports.clock.after(micros, () => {
      for (const { message } of this.held.list()) message.extend();
      this.extendAfter(micros);
    });
  }
}

const nameOf = ({ iommu, epoch, group }: Work): string => `${iommu}.${epoch}.${group.group}`;
