import { labSchema, mmSchema } from '@faultline/contracts';
import { own } from '@faultline/units';
import { MemoryServicePorts } from './memory-service.testkit';
import { awaitScenario } from './scenario-watch';

const headers = { schema: 'lab', version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 };
const loaded = labSchema
  .encode([{ kind: 'ScenarioLoaded', run: 'r', scenario: { name: 'small' }, atMicros: 1 }])
  .slice();

let ports: MemoryServicePorts;
beforeEach(() => {
  ports = new MemoryServicePorts();
});

describe('the scenario of a laboratory', () => {
  it('is found whether it was written before or after the service began', async () => {
    const early = awaitScenario(ports);
    await ports.log.append({ subject: ports.subjects.labLog, headers, body: loaded, id: 'a' });
    expect(await early).toEqual({ name: 'small' });
    expect(await awaitScenario(ports)).toEqual({ name: 'small' });
  });

  it('is not waited for where a later version wrote it', async () => {
    const later = { ...headers, version: labSchema.version + 1 };
    await ports.log.append({ subject: ports.subjects.labLog, headers: later, body: loaded, id: 'a' });
    await expect(awaitScenario(ports)).rejects.toThrow(/log\.lab was written by a newer Faultline/);
  });
});

describe('the owner of a unit', () => {
  const subject = 'lab.log.mm.0';

  it('does not continue a history that a later version wrote', async () => {
    const others = { schema: mmSchema.name, version: mmSchema.version + 1, unit: 'mm.0', epoch: 1, cycle: 1 };
    await ports.log.append({ subject, headers: others, body: new Uint8Array(3), id: 'mm.0.1.x.1' });
    const folded: number[] = [];
    const owning = own(ports, {
      ...{ unit: 'mm.0', subjects: [subject], pattern: subject, from: { sequence: 0, epoch: 0 } },
      fold: ({ sequence }) => folded.push(sequence),
      begin: () => [],
      snapshots: { explain: (trimmed) => Promise.resolve(trimmed) },
    });
    await expect(owning).rejects.toThrow(
      /lab\.log\.mm\.0 was written by a newer Faultline \(schema 'mm' version 2, this one knows up to 1\)/,
    );
    expect(folded).toEqual([]);
  });
});
