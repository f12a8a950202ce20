import type { IommuCommand, ReceiveRequestCommand } from './commands';
import type { IommuConfig } from './config';
import { canDispatch } from './dispatch';
import { hasRingRecords } from './drain';
import type { IommuEvent } from './events';
import { nextResponseDeadline } from './expiry';
import { foldMm, reachPosition } from './iommu';
import { attached, bound, LiveIommu, pageRequest, refold, stalledAccess, testIommu } from './iommu.testkit';
import { PasidInUse } from './lifecycle';
import { isFenced, isIdle } from './queries';

/** Devices 1 and 2 do PRI, 3 and 4 stall; device 2 wants PASIDs on responses, devices 1 and 3 have a response timeout. */
export const DEVICES = [1, 2, 3, 4];
const PASIDS = [7, 7, 7, 8, 8, -1];
const TIMEOUT_MICROS = 40;

/** A number from which several choices are taken, one after the other. */
class Choices {
  constructor(private rest: number) {}

  below(count: number): number {
    const choice = this.rest % count;
    this.rest = Math.floor(this.rest / count);
    return choice;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

/** The IOMMU that the first number of a sequence chooses: generation, order of service, profile. */
export function chosenConfig(seed: number): Partial<IommuConfig> {
  const choose = new Choices(seed);
  const service = choose.of<IommuConfig['service']>([
    { order: 'fifo' },
    { order: 'fair', quantum: 1, window: 1 },
    { order: 'fair', quantum: 2, window: 3 },
  ]);
  return {
    eventQueueEntries: 4,
    generation: choose.of(['G1', 'G2'] as const),
    service,
    profile: choose.of(['riscv', 'riscv', 'vtd', 'amd', 'smmu'] as const),
  };
}

/**
 * Brings about what segments, workers, mm shards, timers and the lab would, one step for each number: requests keep their numbers,
 * a device that is cut off is reset, a PASID is bound again only with a new generation.
 */
export class IommuWorld {
  live: LiveIommu;
  /** What the segment has sent in its epoch, resets included. */
  sent: IommuCommand[] = [];
  /** Whether an owner took over, which loses what is in no log. */
  tookOver = false;
  private segmentEpoch = 1;
  private generation = 1;
  private now = 1;

  constructor(config: Partial<IommuConfig>) {
    this.live = new LiveIommu(testIommu(config), [
      { kind: 'IommuOwnerChanged', iommu: 0, epoch: 1 },
      ...DEVICES.map(attach),
      ...DEVICES.flatMap((device) => [bound(device, 7), bound(device, 8)]),
    ]);
  }

  /** One step. */
  take(number: number): void {
    const choose = new Choices(number);
    this.now += choose.below(4);
    const kind = choose.below(100);
    if (kind < 40) this.sendRequest(choose);
    else if (kind < 55) this.turn();
    else if (kind < 66) this.result(choose);
    else if (kind < 71) this.install(choose);
    else if (kind < 74) reachPosition(this.live.state, choose.below(2), choose.below(20));
    else if (kind < 80) this.finishStep(choose);
    else if (kind < 84) this.command({ kind: 'DrainNext' });
    else if (kind < 87) this.resetSeen(choose.of(DEVICES));
    else if (kind < 89) for (const command of this.sent.slice(-1 - choose.below(6))) this.command(command);
    else this.rare(choose);
  }

  /** Everything comes to its end: steps expire, the replica catches up, and what is left is answered INVALID. */
  finish(): void {
    reachPosition(this.live.state, 0, 20);
    reachPosition(this.live.state, 1, 20);
    this.command({ kind: 'AllocQueue' });
    for (let round = 0; !isIdle(this.live.state); round += 1) {
      if (round > 100) throw new Error('the IOMMU does not come to rest');
      this.turn();
      for (const device of DEVICES) if (isFenced(this.live.state, device)) this.resetSeen(device);
      for (const { device, pasid, generation, step } of [...this.live.state.durable.teardowns]) {
        if (step === null) continue;
        this.command({ kind: 'FinishTeardownStep', device, pasid, generation, step, outcome: 'expired' });
      }
      this.now += TIMEOUT_MICROS;
      for (const group of this.open()) this.answer(group, 1, 0);
    }
  }

  private command(command: IommuCommand): void {
    try {
      this.live.send(command, this.now);
    } catch (error) {
      if (!(error instanceof PasidInUse)) throw error;
    }
  }

  /** The end of a turn, as a host makes it. */
  private turn(): void {
    const deadline = nextResponseDeadline(this.live.state);
    if (deadline !== undefined && deadline <= this.now) this.command({ kind: 'ExpireGroups' });
    do {
      this.live.settle(this.now);
      this.live.drain(this.now);
      while (canDispatch(this.live.state)) this.command({ kind: 'DispatchNext' });
      this.command({ kind: 'StepTeardowns' });
    } while (hasRingRecords(this.live.state));
  }

  private sendRequest(choose: Choices): void {
    const device = choose.of(DEVICES);
    const overrides: Partial<ReceiveRequestCommand> = {
      device,
      segmentEpoch: this.segmentEpoch,
      pasid: choose.of(PASIDS),
      groupId: choose.below(4),
      last: choose.below(3) > 0,
      permissions: choose.below(8),
      page: choose.below(6),
      sentAtMicros: this.now,
    };
    const make = device > 2 ? stalledAccess : pageRequest;
    this.send(make(this.sent.length + 1, overrides));
  }

  private send(command: IommuCommand): void {
    this.sent.push(command);
    this.command(command);
  }

  /** The reset message of a device; also of one that nobody asked to reset. */
  private resetSeen(device: number): void {
    const { segmentEpoch } = this;
    this.send({ kind: 'SeeDeviceReset', segment: 0, segmentEpoch, request: this.sent.length + 1, device });
  }

  private install(choose: Choices): void {
    const [page, permissions] = [choose.below(6), 1 + choose.below(7)];
    foldMm(this.live.state, {
      kind: 'PageInstalled',
      mm: 7,
      page,
      frame: page + 1,
      permissions,
      cause: 'zero-fill',
      major: false,
      prefetched: false,
    });
  }

  private result(choose: Choices): void {
    const groups = this.closed();
    const group = groups[groups.length - 1 - choose.below(Math.max(1, Math.min(9, groups.length)))];
    if (group !== undefined) this.answer(group, choose.of([0, 0, 1, 2] as const), choose.below(20));
  }

  private answer({ epoch, group }: GroupName, code: 0 | 1 | 2, sequence: number): void {
    const positions = [
      { shard: 0, sequence },
      { shard: 1, sequence: 20 - sequence },
    ];
    this.command({ kind: 'AdmitResult', group, epoch, device: 0, code, positions, sequence: 1 });
  }

  private finishStep(choose: Choices): void {
    const { teardowns } = this.live.state.durable;
    const teardown = teardowns[choose.below(Math.max(1, teardowns.length))];
    if (teardown === undefined) return;
    const { device, pasid, generation } = teardown;
    const outcome = choose.of(['done', 'done', 'expired'] as const);
    // Mostly the step that is under way, else one that is over or still to come.
    const other = choose.of(['stop', 'invalidate', 'fence'] as const);
    const step = choose.below(4) > 0 ? (teardown.step ?? other) : other;
    this.command({ kind: 'FinishTeardownStep', device, pasid, generation, step, outcome });
  }

  private rare(choose: Choices): void {
    const device = choose.of(DEVICES);
    const pasid = choose.of([7, 8]);
    const kind = choose.below(11);
    if (kind < 3) this.command({ kind: 'BeginTeardown', device, pasid, cause: 'unbind' });
    else if (kind < 5) this.bind('BindPasid', device, pasid, choose);
    else if (kind === 5) this.bind('ReplaceBinding', device, pasid, choose);
    else if (kind === 6) this.command({ kind: 'FenceDevice', device, cause: 'requested' });
    else if (kind === 7) this.command({ kind: choose.of(['FreeQueue', 'AllocQueue'] as const) });
    else if (kind === 8) this.detachOrAttach(device);
    else if (kind === 9) this.takeOver();
    else this.resetSegment();
  }

  private bind(kind: 'BindPasid' | 'ReplaceBinding', device: number, pasid: number, choose: Choices): void {
    this.generation += choose.below(2);
    this.command({ kind, device, pasid, mm: pasid, shard: 1, generation: this.generation });
  }

  private detachOrAttach(device: number): void {
    const isThere = this.live.state.durable.devices.get(device)?.attached === true;
    this.command(isThere ? { kind: 'DetachDevice', device } : { ...attach(device), kind: 'AttachDevice' });
  }

  /** A new owner folds the log, and has lost everything else. */
  private takeOver(): void {
    this.tookOver = true;
    const { decider, log, state } = this.live;
    this.live = new LiveIommu(decider, []);
    this.live.log.push(...log);
    this.live.state = refold(decider, log);
    this.command({ kind: 'BeginEpoch', epoch: state.durable.epoch + 1 });
  }

  private resetSegment(): void {
    this.segmentEpoch += 1;
    this.sent = [];
  }

  private open(): GroupName[] {
    const ended = new Set(this.live.log.filter(isGroupEnd).map(nameOfEnd));
    return this.closed().filter((group) => !ended.has(nameOf(group)));
  }

  /** Identities of all groups ever closed. */
  closed(): GroupName[] {
    return closedGroups(this.live.log);
  }
}

/** Identity of a group. */
export interface GroupName {
  epoch: number;
  group: number;
}

export const nameOf = ({ epoch, group }: GroupName): string => `${epoch}/${group}`;

/** Identities of the groups that a log closes; a held group is closed once, though it is queued later. */
export function closedGroups(log: readonly IommuEvent[]): GroupName[] {
  let epoch = 0;
  const groups: GroupName[] = [];
  const held = new Set<string>();
  for (const event of log) {
    if (event.kind === 'IommuOwnerChanged') epoch = event.epoch;
    if (event.kind === 'GroupHeld') {
      groups.push({ epoch, group: event.group });
      held.add(nameOf({ epoch, group: event.group }));
    }
    if (event.kind === 'GroupQueued' && !held.has(nameOf({ epoch: event.groupEpoch, group: event.group })))
      groups.push({ epoch: event.groupEpoch, group: event.group });
  }
  return groups;
}

type GroupEnd = Extract<IommuEvent, { kind: 'GroupResponded' | 'GroupDiscarded' }>;
export const isGroupEnd = (event: IommuEvent): event is GroupEnd =>
  event.kind === 'GroupResponded' || event.kind === 'GroupDiscarded';
export const nameOfEnd = ({ groupEpoch: epoch, group }: GroupEnd): string => nameOf({ epoch, group });

function attach(device: number) {
  return attached(device, {
    model: device > 2 ? 'stall' : 'pri',
    responsePasidRequired: device === 2,
    responseTimeoutMicros: device % 2 === 1 ? TIMEOUT_MICROS : 0,
    hasHandler: true,
  });
}
