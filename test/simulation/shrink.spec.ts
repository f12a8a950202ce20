import { isSound, shrink, type Shows } from './shrink';
import { caseOf, type SimulationCase } from './simulation-case';

/** A seed with several of everything. */
function rich(): SimulationCase {
  for (let seed = 1; ; seed += 1) {
    const one = caseOf(seed);
    const { devices, timeline } = one.scenario;
    if (one.failures.length > 4 && devices.length > 2 && timeline.length > 2) return one;
  }
}

const never = (): boolean => false;

describe('a case is shrunk', () => {
  it('to the failure and the device that matter, as few accesses as show it, and nothing else', async () => {
    const one = rich();
    const matters = one.failures[2];
    const device = one.scenario.devices[1]?.device;
    const shows: Shows = async ({ failures, scenario }) =>
      failures.some(({ atMicros }) => atMicros === matters?.atMicros) &&
      scenario.devices.some((each) => each.device === device);
    const { failures, scenario } = await shrink(one, shows, never);
    expect(failures.map(({ atMicros }) => atMicros)).toEqual([matters?.atMicros]);
    expect(failures[0]?.lastsMicros).toBeLessThan(1_000);
    expect(scenario.devices.map((each) => each.device)).toEqual([device]);
    expect(scenario.devices[0]?.workloads.map(({ accesses }) => accesses)).toEqual([1]);
    expect(scenario.timeline).toEqual([]);
    expect(scenario.processes).toHaveLength(1);
  });

  it('no further than it still shows it, and not at all when the time is up', async () => {
    const one = rich();
    const count = one.failures.length;
    const shows: Shows = async ({ failures }) => failures.length === count;
    expect((await shrink(one, shows, never)).failures).toHaveLength(count);
    expect(
      await shrink(
        one,
        async () => true,
        () => true,
      ),
    ).toBe(one);
  });

  it('and stays one that could come to its end', async () => {
    const one = rich();
    const [device] = one.scenario.devices;
    if (!device) throw new Error('a device');
    const { name, device: number } = device;
    const hang = { do: { action: 'hang-device', name, device: number } } as const;
    const reset = { do: { action: 'reset-device', name, device: number } } as const;
    // Nothing of this timeline starts a process.
    const processes = one.scenario.processes.map((each) => ({ ...each, starts: 'begin' as const }));
    const scenario = { ...one.scenario, processes, timeline: [hang, reset] };
    expect([isSound(scenario), isSound({ ...scenario, timeline: [reset, hang] })]).toEqual([true, false]);
    const hangs: Shows = async (each) =>
      each.scenario.timeline.some(({ do: { action } }) => action === 'hang-device');
    const { timeline } = (await shrink({ ...one, scenario }, hangs, never)).scenario;
    expect(timeline).toEqual([hang, reset]);
  });

  it('without failures of processes that are not there any more', async () => {
    const one = rich();
    const shows: Shows = async () => true;
    expect((await shrink(one, shows, never)).failures).toEqual([]);
    const replicas = { iommus: 2, mmHandlers: 1, deviceEmulators: 1 };
    const failure = { atMicros: 1, verb: 'cut', victims: ['iommu-1', 'iommu-2'], lastsMicros: 1 } as const;
    const cut = { ...one, scenario: { ...one.scenario, replicas }, failures: [failure] };
    const { failures } = await shrink(cut, async (each) => each.failures.length === 1, never);
    expect(failures.map(({ victims }) => victims)).toEqual([['iommu-1']]);
  });
});
