import {
  type AnyIommuEvent,
  type AnyMmEvent,
  createIommu,
  createMmShard,
  createSegment,
  type Decider,
  foldMm,
  foldRunResults,
  hasReadyResults,
  hasReadyRun,
  hasRingRecords,
  type IommuCommand,
  type IommuState,
  type MmCommand,
  type MmState,
  needsFinishDrain,
  Permission,
  reachPosition,
  type SegmentCommand,
  type SegmentEvent,
  type SegmentState,
  splitRuns,
} from '@faultline/domain';

const PER_DEVICE = 256;
const PASID = 1;
const MM = 1;

/** A unit without a log: what it decides it folds at once. */
class Unit<State, Command, Event> {
  state: State;

  constructor(private readonly decider: Decider<State, Command, Event>) {
    this.state = decider.initial();
  }

  apply(command: Command, now: number, take?: (event: Event) => void): void {
    for (const event of this.decider.decide(this.state, command, now)) {
      this.state = this.decider.evolve(this.state, event);
      take?.(event);
    }
  }
}

/** A segment, an IOMMU, the IOPF layer and an mm shard in one process, called one after the other. */
export class PureMachine {
  /** Accesses that ended. */
  ended = 0;
  private readonly segment: Unit<SegmentState, SegmentCommand, SegmentEvent>;
  private readonly iommu: Unit<IommuState, IommuCommand, AnyIommuEvent>;
  private readonly mm: Unit<MmState, MmCommand, AnyMmEvent>;
  private readonly devices: number;
  private issued = 0;
  private sequence = 0;
  private now = 1;

  constructor(private readonly outstanding: number) {
    this.devices = Math.ceil(outstanding / PER_DEVICE);
    const devices = Array.from({ length: this.devices }, (_, device) => ({
      device,
      model: 'pri' as const,
      credits: PER_DEVICE,
      atcEntries: 0,
      pagesPerGroup: 1,
      responsePasidRequired: true,
    }));
    const entries = outstanding * 2;
    this.segment = new Unit(createSegment({ segment: 0, devices }));
    this.iommu = new Unit(
      createIommu({
        iommu: 0,
        topology: 'per-iommu',
        priQueueEntries: entries,
        eventQueueEntries: entries,
        iotlbEntries: 1024,
        shards: 1,
      }),
    );
    this.mm = new Unit(createMmShard({ shard: 0, frames: 2 ** 28 - 1 }));
    this.bind();
  }

  /** Takes as many accesses as may be outstanding from their issue to their end. */
  turn(): void {
    this.now += 1_000;
    const taken: SegmentCommand[] = [];
    for (let place = 0; place < this.outstanding; place += 1) {
      const { issued: access } = this;
      this.issued += 1;
      const intendedAtMicros = this.now;
      taken.push({
        kind: 'IssueAccess',
        access: {
          device: place % this.devices,
          access,
          pasid: PASID,
          page: access,
          offset: 0,
          permissions: Permission.WRITE,
          intendedAtMicros,
        },
      });
    }
    for (let commands = taken; commands.length > 0;) commands = this.carry(this.segmentTurn(commands));
    if (this.ended !== this.issued)
      throw new Error(`${this.issued} accesses were issued, but ${this.ended} ended`);
  }

  private segmentTurn(commands: readonly SegmentCommand[]): SegmentEvent[] {
    const events: SegmentEvent[] = [];
    const take = (event: SegmentEvent): void => void events.push(event);
    for (const command of commands) this.segment.apply(command, this.now, take);
    this.segment.apply({ kind: 'TakeTurn' }, this.now, take);
    return events;
  }

  /** What the devices send reaches the IOMMU; returns what comes back to them. */
  private carry(events: readonly SegmentEvent[]): SegmentCommand[] {
    const back: SegmentCommand[] = [];
    const take = (event: AnyIommuEvent): void => {
      if (event.kind === 'TranslationCompleted') {
        const { translation, status, permissions, frame } = event;
        back.push({ kind: 'CompleteTranslation', translation, status, permissions, frame });
      } else if (event.kind === 'GroupResponded') {
        const { device, groupId, pasid, code } = event;
        back.push({ kind: 'ReceiveResponse', device, groupId, pasid, code });
      } else if (event.kind === 'GroupQueued') this.handle(event, take);
    };
    for (const event of events) {
      if (event.kind === 'AccessEnded') this.ended += 1;
      else if (event.kind === 'TranslationRequested') {
        const { translation, device, pasid, page, permissions } = event;
        this.iommu.apply(
          { kind: 'Translate', translation, device, pasid, page, permissions },
          this.now,
          take,
        );
      } else if (event.kind === 'PageRequestSent') {
        this.iommu.apply(
          { ...event, kind: 'ReceivePageRequest', segment: 0, segmentEpoch: 1, offset: 0 },
          this.now,
          take,
        );
      }
    }
    while (hasRingRecords(this.iommu.state)) this.iommu.apply({ kind: 'DrainNext' }, this.now, take);
    if (needsFinishDrain(this.iommu.state)) this.iommu.apply({ kind: 'FinishDrain' }, this.now, take);
    while (hasReadyResults(this.iommu.state)) this.iommu.apply({ kind: 'RespondNext' }, this.now, take);
    return back;
  }

  /** Worker and mm: the group's run is handled, its pages reach the replica, its result the IOMMU. */
  private handle(
    group: Extract<AnyIommuEvent, { kind: 'GroupQueued' }>,
    take: (event: AnyIommuEvent) => void,
  ): void {
    const results = splitRuns(group.members, 1).map(({ start, end }) =>
      this.run(group.group, group.members.slice(start, end)),
    );
    const { code } = foldRunResults(group.members.length, results);
    const positions = [{ shard: 0, sequence: this.sequence }];
    this.iommu.apply(
      {
        kind: 'AdmitResult',
        group: group.group,
        epoch: 1,
        device: group.device,
        code,
        positions,
        sequence: this.sequence,
      },
      this.now,
      take,
    );
  }

  private run(run: number, members: Extract<MmCommand, { kind: 'HandleRun' }>['run']['members']) {
    let result: Extract<AnyMmEvent, { kind: 'RunFinished' }>['result'] | undefined;
    const take = (event: AnyMmEvent): void => {
      if (event.kind === 'RunFinished') result = event.result;
      else if (event.kind === 'PageInstalled') foldMm(this.iommu.state, event);
    };
    this.mm.apply({ kind: 'HandleRun', run: { run, members } }, this.now, take);
    while (hasReadyRun(this.mm.state)) this.mm.apply({ kind: 'Advance' }, this.now, take);
    this.sequence += 1;
    reachPosition(this.iommu.state, 0, this.sequence);
    if (!result) throw new Error('a run without modelled cost did not end');
    return result;
  }

  private bind(): void {
    this.segment.apply({ kind: 'BeginEpoch', epoch: 1 }, this.now);
    this.iommu.apply({ kind: 'BeginEpoch', epoch: 1 }, this.now);
    this.mm.apply({ kind: 'BeginEpoch', epoch: 1 }, this.now);
    this.mm.apply({ kind: 'CreateAddressSpace', mm: MM }, this.now);
    const permissions = Permission.READ | Permission.WRITE;
    this.mm.apply(
      {
        kind: 'MapVma',
        mm: MM,
        start: 0,
        end: 2 ** 40,
        permissions,
        backing: 'anonymous',
        file: 0,
        filePage: 0,
      },
      this.now,
    );
    let generation = 0;
    this.mm.apply({ kind: 'BindPasid', pasid: PASID, mm: MM }, this.now, (event) => {
      if (event.kind === 'MmPasidBound') generation = event.generation;
    });
    for (let device = 0; device < this.devices; device += 1) {
      this.iommu.apply(
        { kind: 'AttachDevice', device, segment: 0, model: 'pri', responsePasidRequired: true },
        this.now,
      );
      this.iommu.apply({ kind: 'BindPasid', device, pasid: PASID, mm: MM, shard: 0, generation }, this.now);
    }
  }
}
