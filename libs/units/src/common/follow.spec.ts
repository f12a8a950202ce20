import { iommuHwSchema, labSchema, type LabEvent } from '@faultline/contracts';
import { isLoss, LogReadFailed, LogTrimmed, type Running, UnitOutpaced } from '@faultline/hosting';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { followRecords } from './follow';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';

const ended = (run: string): LabEvent => ({ kind: 'RunEnded', run, reason: 'finished', atMicros: 1 });

async function append(ports: MemoryUnitPorts, id: string, schema: string, body: Uint8Array): Promise<void> {
  const headers = { schema, version: 1, unit: 'lab', epoch: 0, cycle: 0 };
  await ports.log.append({ subject: ports.subjects.labLog, id, headers, body });
}

describe('followRecords', () => {
  it('hands over the records of every message from the first, and puts what it cannot read to the dead letters', async () => {
    const ports = new MemoryUnitPorts();
    await append(ports, '1', 'lab', labSchema.encode([ended('a')]));
    await append(ports, '2', 'lab', Uint8Array.of(0));
    await append(ports, '3', 'iommu.hw', iommuHwSchema.encode([]));
    await append(ports, '4', 'lab', labSchema.encode([ended('b')]));
    const seen: [number, LabEvent[]][] = [];
    await followRecords(ports, {
      subject: ports.subjects.labLog,
      schemas: [labSchema],
      unit: 'iommu.0',
      onRecords: (records, message) => seen.push([message.sequence, records]),
      onFailure: (error) => ports.fail(error),
    });
    await eventually('all messages', () => seen.length === 4);
    expect(seen).toEqual([
      [1, [ended('a')]],
      [2, []],
      [3, []],
      [4, [ended('b')]],
    ]);
    expect(ports.buried.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/too short/),
      expect.stringMatching(/schema 'iommu.hw' on lab.log.lab, expected lab/),
    ]);
    expect(ports.failures).toEqual([]);
  });

  it('D13 tells of a log that was trimmed before it was read as of a loss: another owner of the unit went on', async () => {
    const ports = new MemoryUnitPorts();
    const failures: Error[] = [];
    const follow = (fromSequence: number): Promise<Running> =>
      followRecords(ports, {
        subject: ports.subjects.labLog,
        schemas: [labSchema],
        unit: 'iommu.0',
        fromSequence,
        onRecords: () => undefined,
        onFailure: (error) => failures.push(error),
      });
    for (const id of ['1', '2', '3']) await append(ports, id, 'lab', labSchema.encode([ended(id)]));
    await ports.log.trim(new Map([[ports.subjects.labLog, 3]]));
    const refusal = await follow(2).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UnitOutpaced);
    expect(isLoss(refusal)).toBe(true);

    const reader = jest.spyOn(ports.log, 'follow');
    await follow(3);
    // As a reader says it that the server had forgotten, and that comes again.
    reader.mock.calls[0]?.[0].onError(new LogTrimmed(ports.subjects.labLog, 4, 9));
    reader.mock.calls[0]?.[0].onError(new LogReadFailed(ports.subjects.labLog, 'its stream is gone'));
    expect(failures.map(isLoss)).toEqual([true, false]);
    expect(ports.failures).toEqual([]);
  });
});
