import type { AnyIommuEvent } from '@faultline/domain';
import { type Appended, type LogAppend, MemoryLog, type WorkMessage } from '@faultline/hosting';
import { IommuUnit, WorkIntake } from '@faultline/units';
import { Invalidator } from '../../libs/units/src/testkit/inner-parts.testkit';
import { iommusDecide } from './rule-drafts';
import { replacing, type Sabotage } from './sabotage';

/** A result answers whatever group has its group id now, whose ever it was (D1). */
export const resultByGroupId: Sabotage = iommusDecide(() => {
  const known = new Map<number, { device: number; groupId: number }>();
  return (decide, { durable }, command) => {
    for (const { serial, device, groupId } of durable.iopf.groups.values())
      known.set(serial, { device, groupId });
    if (command.kind !== 'AdmitResult') return decide(command);
    const baseOf = (epoch: number): number => durable.epochs.find((each) => each.epoch === epoch)?.base ?? 0;
    const meant = known.get(baseOf(command.epoch) + command.group);
    const open = [...durable.iopf.groups.values()].find(
      ({ device, groupId }) => device === meant?.device && groupId === meant.groupId,
    );
    const of = durable.epochs.findLast(({ base }) => base < (open?.serial ?? 0));
    return decide(open && of ? { ...command, epoch: of.epoch, group: open.serial - of.base } : command);
  };
});

/** A worker lets a work message go when it gets it, before its results are in the log. */
const ackBeforeAppend = replacing<WorkIntake, [WorkMessage], void>(
  WorkIntake,
  'take',
  (original) => (self, how) => {
    how[0].ack();
    original(self, how);
  },
);

/** The log takes what anybody writes, whoever wrote there since. */
const fencingOff = replacing<MemoryLog, [LogAppend], Promise<Appended>>(
  MemoryLog,
  'append',
  (original) =>
    (self, [{ expectedLastSubjectSequence: _fence, ...message }]) =>
      original(self, [message]),
);

/** A shard has removed pages taken out of all caches, and does not wait until they are. */
const invalidationNotAwaited = replacing<
  Invalidator,
  [number, { mm: number; page: number; frame: number }[], number],
  void
>(Invalidator, 'invalidate', (original) => (self, how) => {
  const nothing = { value: (): void => undefined };
  const forgotten = { value: new Set() };
  original(
    Object.create(self, { onAnswered: nothing, onRefused: nothing, underWay: forgotten }) as Invalidator,
    how,
  );
  // A shard that is handed over completes nothing more.
  self['complete'](how[1]).catch(() => undefined);
});

/** When it leaves an overflow an IOMMU keeps the partial lists (R88). */
const partialsKept = iommusDecide(() => (decide, _state, command) => {
  const decided: readonly AnyIommuEvent[] = decide(command);
  return decided.filter((event) => event.kind !== 'PartialsDiscarded' || event.cause !== 'overflow');
});

/** A new owner of an IOMMU leaves in the devices' caches what the one before was about to take out (D4). */
const cachesNotEmptied = replacing<IommuUnit, [], Promise<void>>(
  IommuUnit,
  'emptyCaches',
  () => () => Promise.resolve(),
);

/** A teardown does not wait until every group with a member of the PASID is answered (D2). */
const flushSkipped = iommusDecide(() => (decide, { durable }, command, atMicros) => {
  const decided = decide(command);
  if (command.kind !== 'StepTeardowns') return decided;
  const flushed = durable.teardowns
    .filter(({ step }) => step === 'flush')
    .filter(({ device, pasid }) => !decided.some((event) => isFlushOf(event, device, pasid)))
    .map(({ device, pasid, generation }): AnyIommuEvent => {
      const how = { step: 'flush', outcome: 'done' } as const;
      return { kind: 'TeardownStepped', device, pasid, generation, ...how, atMicros };
    });
  return [...decided, ...flushed];
});

function isFlushOf(event: AnyIommuEvent, device: number, pasid: number): boolean {
  return (
    event.kind === 'TeardownStepped' &&
    event.step === 'flush' &&
    event.device === device &&
    event.pasid === pasid
  );
}

/** Defects that somebody might write, by name: each is put into the product from outside, for as long as a test runs. */
export const defects = {
  'ack-before-append': ackBeforeAppend,
  'fencing-off': fencingOff,
  'result-by-group-id': resultByGroupId,
  'invalidation-not-awaited': invalidationNotAwaited,
  'partials-kept-on-overflow': partialsKept,
  'caches-not-emptied': cachesNotEmptied,
  'flush-skipped': flushSkipped,
} as const satisfies Record<string, Sabotage>;

export type DefectName = keyof typeof defects;
