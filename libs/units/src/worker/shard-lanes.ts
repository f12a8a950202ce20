import {
  chargesAnything,
  type HandleReply,
  type HandleRequest,
  handleSchema,
  type ResolvedScenario,
} from '@faultline/contracts';
import { Numbered, type RunMember } from '@faultline/domain';
import type { LaneRejected } from '@faultline/hosting';
import {
  type AskingSpan,
  type GroupSpan,
  LaneClient,
  type TracedRun,
  type UnitPorts,
  type WorkerTracer,
} from '../common';

/** A run's result with the position of its mappings in the shard's log (D8). */
export interface HandledRun extends HandleReply {
  sequence: number;
}

/** A group has a member of a shard that the scenario does not have. */
export class UnknownShard extends Error {
  constructor(readonly shard: number) {
    super(`shard ${shard} is not part of the scenario`);
    this.name = 'UnknownShard';
  }
}

/** Why a run cannot be decided, now or later. */
type Refusal = LaneRejected | UnknownShard;

type HandleRecord = ReturnType<typeof handleSchema.decode>[number];

/** The lanes to the mm shards. Results are matched by run number, so requests to one shard may be in flight side by side. */
export class ShardLanes {
  private readonly lanes = new Map<number, LaneClient<HandleRequest, HandleRecord>>();
  private readonly open = new Numbered<(result: HandledRun | Refusal) => void>();
  /** Those of traced groups. */
  private readonly traced = new Map<number, TracedRun>();

  constructor(
    ports: UnitPorts,
    scenario: Pick<ResolvedScenario, 'cost' | 'hostCosts' | 'workers' | 'shards'>,
    private readonly tracer?: WorkerTracer,
  ) {
    // A reply waits for the slowest run of its request. With modelled cost each server so has a request of its own, else a quick
    // fault would take as long as its neighbour's; without, a few requests in flight keep the shard busy while batches grow.
    const modelled = chargesAnything(scenario.cost, scenario.hostCosts);
    const window = modelled ? scenario.workers.servers : 4;
    const maxBatch = modelled ? 1 : undefined;
    for (const { shard } of scenario.shards) {
      const subject = ports.subjects.handle(shard);
      this.lanes.set(
        shard,
        new LaneClient(ports, {
          subject,
          schema: handleSchema,
          sender: { unit: ports.config.instance, epoch: 0 },
          window,
          maxBatch,
          onReply: (reply) => this.settle(reply),
          onRejected: (rejection, { run }) => this.reject(run, rejection),
          spanOf: (requests) => this.spanOf(subject, requests),
        }),
      );
    }
  }

  /** Asks the shard to handle a run of members, and calls back with its result, or with why it cannot be decided. */
  handle(
    shard: number,
    members: readonly RunMember[],
    done: (result: HandledRun | Refusal) => void,
    group?: GroupSpan,
  ): void {
    const lane = this.lanes.get(shard);
    if (!lane) return done(new UnknownShard(shard));
    const run = this.open.free();
    this.open.add(run, done);
    if (group) this.traced.set(run, { run, members, group });
    lane.push({ kind: 'HandleRequest', run, members: members as RunMember[] });
  }

  private spanOf(subject: string, requests: readonly HandleRequest[]): AskingSpan | undefined {
    if (this.traced.size === 0) return undefined;
    const runs = requests.map(({ run }) => this.traced.get(run)).filter((run) => run !== undefined);
    return runs.length === 0 ? undefined : this.tracer?.asks(subject, requests, runs);
  }

  private reject(run: number, rejection: LaneRejected): void {
    this.take(run)?.(rejection);
  }

  private take(run: number): ((result: HandledRun | Refusal) => void) | undefined {
    const done = this.open.get(run);
    this.open.delete(run);
    if (this.traced.size > 0) this.traced.delete(run);
    return done;
  }

  private settle(reply: readonly HandleRecord[]): void {
    let sequence = 0;
    for (const record of reply) if (record.kind === 'HandledAt') sequence = record.sequence;
    for (const record of reply) {
      if (record.kind !== 'HandleReply') continue;
      const done = this.take(record.run);
      const { kind, run, code, handlingAtMicros, handledAtMicros, members } = record;
      done?.({ kind, run, code, handlingAtMicros, handledAtMicros, members, sequence });
    }
  }
}
