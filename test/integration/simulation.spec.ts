import { costProfiles, type LogEvent, type ResolvedScenario } from '@faultline/contracts';
import { simulate, type SimulationOptions, SimulationStands } from '@faultline/simulation';
import { complaintsOf } from '../kit/audit-log';
import { scenarioOf } from '../kit/scenario';
import { simulationPlatform } from '@faultline/runtime';

const run = (scenario: ResolvedScenario, options?: SimulationOptions) =>
  simulate(scenario, simulationPlatform, options);

const scenario: ResolvedScenario = {
  ...scenarioOf({
    workers: { processes: 2, servers: 2, groupsPerMessage: 4 },
    replicas: { iommus: 2, mmHandlers: 2, deviceEmulators: 2 },
    devices: [{ credits: 8, workloads: [{ accesses: 400, pages: 256, outstanding: 8 }] }],
  }),
  profile: 'pri-minor',
  cost: costProfiles['pri-minor'],
};
/** Leases are short, so that much happens in little time. */
const LEASE_MILLIS = 30;
const rough: SimulationOptions = {
  network: { hopMicros: { median: 5, p99: 50 }, loss: 0.02, duplication: 0.02 },
  failures: { count: 6, everyMicros: 2_000 },
  leaseMillis: LEASE_MILLIS,
  snapshotEvents: 100,
};

describe('a simulation', () => {
  it('runs a scenario to its end in model time, and passes the audit of its log', async () => {
    const rows: string[] = [];
    const result = await run(scenario, { onFault: ({ id }) => rows.push(id) });
    expect(complaintsOf(result.audit)).toEqual([]);
    expect(result.audit.runEnded).toBe('finished');
    expect(rows.length).toBe(result.faults);
    expect(result.faults).toBeGreaterThan(200);
    // Device, interrupt, worker, handler and response of the profile, and next to nothing for the bus.
    const { p50Micros } = result.times.endToEnd.summary();
    expect(p50Micros).toBeGreaterThan(20);
    expect(p50Micros).toBeLessThan(60);
  });

  it('gives the same log for the same seed, byte for byte, whatever happens to processes and messages', async () => {
    const tales: string[][] = [[], [], []];
    const hashes = [];
    for (const [place, seed] of [7, 7, 8].entries()) {
      const result = await run(scenario, { ...rough, seed, tell: (line) => tales[place]?.push(line) });
      hashes.push(result.logHash);
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(tales[1]).toEqual(tales[0]);
    expect(tales[0]?.length).toBeGreaterThan(3);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('says where everything stands when nothing goes on any more', async () => {
    const lossy = { ...rough, failures: undefined, network: { loss: 1 }, patienceMicros: 20_000 };
    const stands = await run(scenario, lossy).catch((error: unknown) => error);
    expect(stands).toBeInstanceOf(SimulationStands);
    expect(String(stands)).toMatch(
      /nothing came to an end in 0\.02 s of model time \(\{"ended":0,"issued":8,/,
    );
  });

  describe('takes its deadlines as they are written', () => {
    const process = { process: 'process0', mm: 0, pasid: 1 };
    const stepsOf = async (
      network: SimulationOptions['network'],
      ...timeline: ResolvedScenario['timeline']
    ) => {
      const events: LogEvent[] = [];
      await run(
        scenarioOf({
          // What `auto` comes to for a profile that costs nothing.
          deadlines: { teardownStepMicros: 500, invalidationMicros: 100 },
          iommus: [{ priQueueEntries: 4 }],
          devices: [{ credits: 8, workloads: [{ accesses: 400, pages: 256, outstanding: 8 }] }],
          timeline,
        }),
        { network, onEvents: (some) => events.push(...some) },
      );
      return {
        expired: events.flatMap((event) =>
          event.kind === 'TeardownStepped' && event.outcome === 'expired' ? [event.step] : [],
        ),
        fenced: events.filter(({ kind }) => kind === 'DeviceFenced').length,
        steps: events.filter(({ kind }) => kind === 'TeardownStepped').length,
      };
    };
    const unbind = { after: { accesses: 200 }, do: { action: 'unbind', ...process } } as const;

    test.each([
      ['long hops', { hopMicros: { median: 100, p99: 100 } }],
      ['hops of which a few are long', { hopMicros: { median: 5, p99: 50 } }],
      ['lagging hops', { hopMicros: { median: 20, p99: 20 }, reordering: 0.2 }],
      ['a slow log', { storeMicros: { median: 300, p99: 300 } }],
    ])('but no healthy device is fenced over %s', async (_what, network) => {
      expect(await stepsOf(network, unbind)).toEqual({ expired: [], fenced: 0, steps: 5 });
    });

    it('and fences a device that hangs', async () => {
      const hang = { do: { action: 'hang-device', device: 0, name: 'device0' } } as const;
      expect(await stepsOf({}, { ...hang, after: unbind.after }, { do: unbind.do })).toMatchObject({
        expired: ['stop'],
        steps: 5,
      });
    });
  });
});
