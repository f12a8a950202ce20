import {
  type BoundPasid,
  type HandleReply,
  type HandleRequest,
  handleSchema,
  type MmProgress,
  mmSchema,
  type ResolvedProcess,
  type ResolvedScenario,
  shardUnit,
} from '@faultline/contracts';
import {
  type AnyMmEvent,
  countMm,
  createMmShard,
  hasReadyRun,
  MM_STATE_VERSION,
  restoreMmState,
  isDurableMmEvent,
  MmCommandRefused,
  type MmCommand,
  type MmEvent,
  type MmState,
  pagesInQuarantine,
  ResponseCode,
  type RunResult,
} from '@faultline/domain';
import {
  isLoss,
  ModelTime,
  type OutgoingMessage,
  RunningParts,
  UnitHost,
  type UnitJournal,
  toError,
} from '@faultline/hosting';
import {
  messagesOf,
  own,
  type OwnedUnit,
  type ReceivedRequest,
  serveLane,
  type UnitPorts,
  Snapshots,
} from '../common';
import { HandlerCost } from './handler-cost';
import { Handling } from './handling';
import { Invalidator } from './invalidator';
import { OpenRequest, OpenRuns } from './open-runs';
import { layoutOf, populationOf } from './process-layout';

type MmCommandOf<Kind extends MmCommand['kind']> = Extract<MmCommand, { kind: Kind }>;
type HandleRecord = ReturnType<typeof handleSchema.decode>[number];

/** What a snapshot of a shard holds. */
interface MmSnapshot {
  durable: MmState['durable'];
  bound: [mm: number, pasid: number][];
}

/** Runs one mm shard: serves its runs, spends their modelled cost, takes removed pages back through invalidations. */
export class ShardUnit implements OwnedUnit {
  readonly name: string;
  private readonly time: ModelTime;
  private readonly cost: HandlerCost;
  private readonly handling: Handling;
  private readonly runs = new OpenRuns();
  private host!: UnitHost<MmState, MmCommand, AnyMmEvent>;
  private journal!: UnitJournal;
  private invalidator!: Invalidator;
  private readonly tracer = this.ports.tracer?.shard();
  private readonly parts = new RunningParts();
  private readonly snapshots: Snapshots<MmState, MmSnapshot>;
  /** What names an address space, or named it once: the caches are emptied by it. */
  private bound: [mm: number, pasid: number][] = [];

  constructor(
    private readonly ports: UnitPorts,
    private readonly scenario: ResolvedScenario,
    private readonly shard: ResolvedScenario['shards'][number],
    /** The unit can go no further, or has another owner. */
    private readonly onFailure: (error: Error) => void,
  ) {
    this.name = shardUnit(shard.shard);
    this.time = new ModelTime(ports.clock, scenario.timeScale);
    this.cost = new HandlerCost(scenario, this.name);
    this.handling = new Handling(ports, scenario, this.cost, (pasid) => {
      const binding = this.host.state.durable.pasids.get(pasid);
      return binding?.bound ? binding.mm : undefined;
    });
    this.snapshots = new Snapshots(ports, {
      unit: this.name,
      stateVersion: MM_STATE_VERSION,
      subjects: [ports.subjects.mmLog(shard.shard)],
      capture: ({ durable }) => ({ durable, bound: this.bound }),
    });
  }

  async start(): Promise<void> {
    const { ports, shard, scenario } = this;
    const decider = createMmShard(shard);
    const subject = ports.subjects.mmLog(shard.shard);
    const snapshot = await this.snapshots.load();
    let state = snapshot ? restoreMmState(snapshot.state.durable) : decider.initial();
    this.bound = snapshot?.state.bound ?? [];
    this.journal = await own(ports, {
      unit: this.name,
      subjects: [subject],
      pattern: subject,
      from: snapshot ?? { sequence: 0, epoch: 0 },
      snapshots: this.snapshots,
      fold: ({ body }) => {
        for (const event of mmSchema.decode(body)) {
          state = decider.evolve(state, event);
          if (event.kind === 'MmPasidBound') this.bound.push([event.mm, event.pasid]);
        }
      },
      begin: (epoch) =>
        this.messages(decider.decide(state, { kind: 'BeginEpoch', epoch }, 0) as MmEvent[]).flat(),
    });
    this.parts.refuseClosed();
    this.host = new UnitHost(
      {
        decider,
        isDurable: isDurableMmEvent,
        isRefusal: (error) => error instanceof MmCommandRefused,
        messages: (events) => this.messages(events as readonly MmEvent[]),
        conclude: (state, apply) => {
          while (hasReadyRun(state)) apply({ kind: 'Advance' });
        },
        decided: this.tracer && ((events) => this.tracer?.decided(events, (run) => this.runs.spanOf(run))),
        released: (events, durable) => this.released(events, durable),
      },
      this.journal,
      ports.clock,
      this.onFailure,
      state,
    );
    this.invalidator = new Invalidator(
      ports,
      scenario,
      shard.shard,
      { unit: this.name, epoch: this.journal.epoch },
      (entries) => this.host.settle([{ kind: 'CompleteInvalidation', entries }]),
      (error) => {
        if (!isLoss(error)) this.onFailure(toError(error));
      },
    );
    this.resumeInvalidations();
    await this.parts.open(() =>
      serveLane(ports, ports.subjects.handle(shard.shard), handleSchema, this.name, (records, request) =>
        this.handle(records, request),
      ),
    );
  }

  /** What the owner before had under way is asked for again: nobody else would ever complete it (D11). */
  private resumeInvalidations(): void {
    for (const [mm, pasid] of this.bound) this.invalidator.bound(mm, pasid);
    for (const entry of pagesInQuarantine(this.host.state)) this.invalidator.add(entry);
    this.invalidator.send(this.journal.lastSequence);
  }

  asOwner<T>(answer: () => Promise<T> | T): Promise<T> {
    return this.host.asOwner(answer);
  }

  async close(): Promise<void> {
    // Whoever waits for an answer asks the next owner, so nobody is waited for here.
    void this.parts.stop();
    this.invalidator?.close();
    if (!this.host) return;
    this.host.close();
    await this.host.settled();
    await this.snapshots.takeLast(this.host, this.journal);
  }

  /** Asking again changes nothing: who asks may not have heard the answer of an owner that died. */
  async create(process: ResolvedProcess): Promise<void> {
    const { mm } = process;
    await this.host.settle(this.host.state.durable.spaces.has(mm) ? [] : layoutOf(process));
    if (process.populate) for (const command of populationOf(process)) await this.host.settle([command]);
  }

  async bind(command: MmCommandOf<'BindPasid' | 'RebindPasid'>): Promise<BoundPasid> {
    const { pasid, mm } = command;
    const before = this.host.state.durable.pasids.get(pasid);
    const isDone = before?.bound === true && before.mm === mm;
    await this.host.settle(isDone ? [] : [command]);
    const binding = this.host.state.durable.pasids.get(pasid);
    if (!binding?.bound) throw new Error(`PASID ${pasid} was bound to mm ${mm} and is not any more`);
    return { generation: binding.generation, shard: this.shard.shard };
  }

  async unbind(mm: number, pasid: number): Promise<void> {
    const binding = this.host.state.durable.pasids.get(pasid);
    if (binding?.mm !== mm) throw new Error(`PASID ${pasid} does not name mm ${mm}`);
    await this.host.settle([{ kind: 'UnbindPasid', pasid }]);
  }

  /** Resolves when no translation of what the command took away is left, and the log says so (R122). */
  async change(command: MmCommand): Promise<void> {
    await this.host.settle([command]);
    await this.invalidator.settled();
  }

  progress(): MmProgress {
    const counters = countMm(this.host.state);
    const { lockUses: locks } = this.handling;
    return {
      openRuns: counters.runsOpen,
      framesFree: counters.framesFree,
      framesQuarantined: counters.framesQuarantined,
      ...(locks ? { locks } : {}),
      drained: counters.runsOpen === 0 && counters.invalidationsOpen === 0 && this.host.backlog === 0,
    };
  }

  /** Answers when every run of the request has its result and the log holds what they did. */
  private handle(records: readonly HandleRecord[], received?: ReceivedRequest): Promise<Uint8Array> {
    const requests = records.filter((record) => record.kind === 'HandleRequest');
    if (requests.length === 0) return Promise.resolve(this.reply([]));
    return new Promise((resolve) => {
      const request = new OpenRequest(requests.length, (replies) => resolve(this.reply(replies)));
      this.begin(request, requests, received);
    });
  }

  /** A run's modelled cost passes first, so that its pages become visible when the handler would be done with them. */
  private begin(request: OpenRequest, requests: readonly HandleRequest[], received?: ReceivedRequest): void {
    const handlingAtMicros = this.ports.clock.nowMicros();
    let due: MmCommand[] | undefined = [];
    for (const { run, members } of requests) {
      const span = received && this.tracer?.run(received, run);
      const number = this.runs.open({ request, run, members, handlingAtMicros, span });
      const command: MmCommand = { kind: 'HandleRun', run: { run: number, members } };
      this.handling.after(members, () => {
        if (due) due.push(command);
        else this.host.submit([command]);
      });
    }
    // What costs nothing was handled at once, and goes together.
    const atOnce = due;
    due = undefined;
    if (atOnce.length > 0) this.host.submit(atOnce);
  }

  /** The log holds what the run did. Pages from storage, and pages that were brought along, keep the worker waiting as well. */
  private finish(result: RunResult, nowMicros: number): void {
    const { request, run, handlingAtMicros, prefetched, span } = this.runs.finish(result);
    const { code, members } = result;
    const tell = (handledAtMicros: number): void => {
      span?.handled(handlingAtMicros, handledAtMicros);
      request.answer({ kind: 'HandleReply', run, code, handlingAtMicros, handledAtMicros, members });
    };
    const answer = code === ResponseCode.SUCCESS ? tell : (at: number) => this.whileOwner(() => tell(at));
    const laterMicros = this.cost.storage(members) + this.cost.prefetch(prefetched);
    if (laterMicros <= 0) answer(nowMicros);
    else this.time.after(laterMicros, () => answer(this.ports.clock.nowMicros()));
  }

  /**
   * A failure may have written nothing, so no fence stops that of a deposed owner, which misses a process or an area that was made since:
   * the log is asked first. Who hears nothing asks the next owner.
   */
  private whileOwner(tell: () => void): void {
    this.host.checkOwner().then(tell, (error: unknown) => {
      if (!isLoss(error)) this.onFailure(toError(error));
    });
  }

  private reply(replies: readonly HandleReply[]): Uint8Array {
    const { name: unit, journal } = this;
    const { epoch } = journal;
    const at: HandleRecord = { kind: 'HandledAt', shard: this.shard.shard, sequence: journal.lastSequence };
    return handleSchema.encode(replies, [{ kind: 'Sender', unit, epoch }, at]);
  }

  private released(events: readonly AnyMmEvent[], durable: number): void {
    const now = this.ports.clock.nowMicros();
    this.ports.meter?.released(events);
    let prefetched = 0;
    for (const event of events) {
      switch (event.kind) {
        case 'PageInstalled':
          prefetched += event.prefetched ? 1 : 0;
          break;
        case 'MemberHandled':
          // What a member's fault brought along stands before its result.
          if (prefetched > 0) this.runs.addPrefetched(event.run, prefetched);
          prefetched = 0;
          break;
        case 'RunFinished':
          this.finish(event.result, now);
          break;
        case 'PageRemoved':
        case 'PageRestricted':
          this.invalidator.add(event);
          break;
        case 'MmPasidBound':
          this.bound.push([event.mm, event.pasid]);
          this.invalidator.bound(event.mm, event.pasid);
          break;
        default:
          break;
      }
    }
    this.invalidator.send(this.journal.lastSequence);
    this.snapshots.count(durable, this.host, this.journal);
  }

  private messages(events: readonly MmEvent[]): OutgoingMessage[][] {
    const to = { subject: this.ports.subjects.mmLog(this.shard.shard), schema: mmSchema };
    return [messagesOf(to, events, this.tracer)];
  }
}
