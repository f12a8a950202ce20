import type { AuditReport } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import { type FaultSampler, readersOfLog, subjectsOf } from '@faultline/contracts';
import { LabTracer, type SpanSink } from '@faultline/runtime';
import { SnapshotIndex } from '@faultline/units';
import { LogTrimmer } from '../../apps/event-log/src/log-trimmer';
import { auditLog } from './audit-log';
import { Laboratory } from './laboratory';
import type { Life } from '@faultline/simulation';
import { type Replayed, replayUnits } from './replay';
import type { OwnerName } from './replicas';
import { NO_TROUBLE, type Trouble, type VirtualPorts, virtualPorts } from './virtual-ports';
import { VirtualWorld } from './virtual-world';

/** What a run left behind. */
export interface FinishedRun {
  laboratory: Laboratory;
  log: LogMessage[];
  report: AuditReport;
  /** The states of all units, before anything stopped. */
  replayed: Replayed[];
}

/** A replica is lost, or hands over, and another one takes over what it owned. */
export interface Takeover {
  /** Steps of the world since the one before. */
  afterSteps: number;
  whom: OwnerName | 'iopf-worker';
  how: 'killed' | 'frozen' | 'handed-over';
  /** Steps after which a replica that was stopped goes on. */
  thawSteps: number;
}

/** What a run may be given beside its scenario. */
export interface RunOptions {
  seed?: number;
  isOrderly?: boolean;
  trouble?: Trouble;
  takeovers?: readonly Takeover[];
  /** Events of a unit from one snapshot to the next; so many by default that a small run has none. */
  snapshotEvents?: number;
  /** The log is trimmed as far as it may be, again and again after so many steps of the world. Everything is in the record at once. */
  trimSteps?: number;
  /** The world as every process sees it, in the place of the one that is given. */
  through?(ports: VirtualPorts, world: VirtualWorld): VirtualPorts;
  /** Takes the spans of all processes, and of which faults; absent for no traces. */
  traces?: { sampler: FaultSampler; sink: SpanSink };
  /** Called after each step of the world, while devices work. What it throws ends the run. */
  meanwhile?(laboratory: Laboratory): void;
}

/** Lets what is planned happen while a run goes on, one takeover after the other. */
class Misfortune {
  /** What happened, for a run that failed. */
  readonly tale: string[] = [];
  private readonly planned: Takeover[];
  private left: number;
  private busy = false;
  private thaws: { life: Life; left: number }[] = [];
  private failure: unknown;

  constructor(
    private readonly laboratory: Laboratory,
    takeovers: readonly Takeover[],
  ) {
    this.planned = [...takeovers];
    this.left = takeovers[0]?.afterSteps ?? 0;
  }

  /** One step of the world has passed. Returns whether nothing is under way. */
  step(): boolean {
    const [failure] = this.laboratory.failures;
    if (failure) throw failure;
    if (this.failure) throw this.failure;
    for (const each of this.thaws) if ((each.left -= 1) === 0) each.life.thaw();
    this.thaws = this.thaws.filter(({ left }) => left > 0);
    if (this.busy) return false;
    this.left -= 1;
    const [next] = this.planned;
    if (next && this.left <= 0) this.begin(next);
    return !this.busy;
  }

  private begin(takeover: Takeover): void {
    this.planned.shift();
    this.left = this.planned[0]?.afterSteps ?? 0;
    this.busy = true;
    this.tale.push(JSON.stringify(takeover));
    this.carryOut(takeover).then(
      () => {
        this.busy = false;
        this.tale.push('done');
      },
      (error: unknown) => (this.failure = error),
    );
  }

  private async carryOut({ whom, how, thawSteps }: Takeover): Promise<void> {
    if (whom === 'iopf-worker') return this.laboratory.replaceWorker();
    const before = this.laboratory.newest(whom);
    const replacing = this.laboratory.replace(whom, how);
    if (how === 'frozen') this.thaws.push({ life: before.life, left: thawSteps });
    await replacing;
  }
}

/** Runs a scenario to its end in virtual time and audits its log. Rejects with the state of everything when it has no end. */
export async function runVirtually(
  scenario: ResolvedScenario,
  {
    seed = 1,
    isOrderly = false,
    trouble = NO_TROUBLE,
    takeovers = [],
    snapshotEvents,
    trimSteps,
    through = (ports) => ports,
    meanwhile = () => undefined,
    traces,
  }: RunOptions = {},
): Promise<FinishedRun> {
  const world = new VirtualWorld(seed, isOrderly);
  const ports = through(virtualPorts(world, 'virtual', trouble), world);
  const tracer = traces && new LabTracer(traces.sampler, world, traces.sink);
  const laboratory = new Laboratory('virtual', scenario, () => ({ ...ports, tracer }), snapshotEvents);
  const misfortune = new Misfortune(laboratory, takeovers);
  const trim = trimming(laboratory, ports, trimSteps);
  let replayed: Replayed[];
  try {
    await world.settle(laboratory.start());
    await world.settle(laboratory.begin());
    await world.until(
      () => {
        meanwhile(laboratory);
        trim();
        return misfortune.step() && laboratory.advance();
      },
      () => laboratory.accesses.count,
    );
    await world.settle(laboratory.finish());
    // Work that comes again may still be handled: what a unit is, is what the log gives in a moment in which it writes nothing.
    await world.until(() => laboratory.isAtRest);
    replayed = replayUnits(laboratory, logOf(ports));
    await world.settle(laboratory.stop());
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.stack : String(error)}\n${dump(laboratory)}\n${misfortune.tale.join('\n')}`,
      {
        cause: error,
      },
    );
  }
  const log = logOf(ports);
  return { laboratory, log, report: auditLog(log, scenario), replayed };
}

/** Trims the log every so many calls. */
function trimming(laboratory: Laboratory, ports: VirtualPorts, steps = Infinity): () => void {
  const fail = (error: Error): void => void laboratory.failures.push(error);
  const trimmer = new LogTrimmer({
    log: { fill: () => Promise.resolve(1), trim: (floors) => ports.log.trim(floors) },
    snapshots: new SnapshotIndex(ports.snapshotIndex),
    clock: ports.clock,
    readers: readersOfLog(laboratory.scenario, subjectsOf(laboratory.lab)),
    recorded: () => ports.log.lastSequence(),
    above: 0,
    onTrimmed: () => undefined,
    onHeld: () => undefined,
    onDelay: fail,
  });
  let left = steps;
  return () => {
    if ((left -= 1) > 0) return;
    left = steps;
    trimmer.look().catch(fail);
  };
}

/** Everything that is in the log, or was before it was trimmed. */
export function logOf({ memory }: Pick<VirtualPorts, 'memory'>): LogMessage[] {
  const log: LogMessage[] = [];
  for (let message = memory.at(1); message; message = memory.at(log.length + 1)) log.push(message);
  return log;
}

/** Where everything stands, for a run that hangs. */
function dump(laboratory: Laboratory): string {
  const open = [...laboratory.accesses.all.values()].filter(({ ends }) => ends.length === 0);
  const { told, buried } = laboratory;
  return JSON.stringify({ ...laboratory.progress(), open: open.slice(0, 10), told, buried });
}
