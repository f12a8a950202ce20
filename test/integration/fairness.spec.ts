import { Auditor } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import { complaintsOf } from '../kit/audit-log';
import { scenarioOf } from '../kit/scenario';
import { runVirtually } from '../kit/virtual-run';

const HANDLER_MICROS = 100;
const LOUD = 0;
const QUIET = 1;

/** A device with 64 faults under way beside one that has one now and then, and two servers for both. */
function neighbours(order: 'fifo' | 'fair'): ResolvedScenario {
  const pages = 2048;
  return scenarioOf({
    profile: 'pri-minor',
    cost: {
      ...{ deviceMicros: 1, interruptMicros: 1, enqueueMicros: 1, responseMicros: 1, prefetchMicros: 0 },
      ...{
        handlerMicros: { median: HANDLER_MICROS, p99: HANDLER_MICROS },
        storageMicros: { median: 0, p99: 0 },
      },
      source: 'made up',
    },
    iopf: { generation: 'G1', order, quantum: 1, window: 4 },
    workers: { processes: 1, servers: 2, groupsPerMessage: 1 },
    framesPerShard: 2 * pages,
    iommus: [{ priQueueEntries: 128 }],
    processes: [{ vmas: [{ pages }] }, { vmas: [{ pages }] }],
    devices: [
      { credits: 64, workloads: [{ accesses: 1_500, outstanding: 64, pages, pattern: 'sequential' }] },
      {
        credits: 8,
        workloads: [
          {
            ...{ mm: 1, accesses: 30, outstanding: 2, pages, pattern: 'sequential' },
            ...{ ratePerSecond: 500, arrivals: 'constant' },
          },
        ],
      },
    ],
  });
}

/** Median end-to-end time of a device's faults, in microseconds, while both are at work. */
async function mediansOf(order: 'fifo' | 'fair'): Promise<{ quiet: number; loud: number }> {
  const scenario = neighbours(order);
  const { log, report } = await runVirtually(scenario);
  expect(complaintsOf(report)).toEqual([]);
  const rows = new Map<number, number[]>([
    [LOUD, []],
    [QUIET, []],
  ]);
  const auditor = new Auditor({
    onFault: ({ device, totalMicros }) => rows.get(device)?.push(totalMicros ?? Infinity),
  });
  for (const message of log) auditor.observe(message);
  auditor.verdict();
  const median = (device: number): number => {
    const sorted = [...(rows.get(device) ?? [])].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? Infinity;
  };
  return { quiet: median(QUIET), loud: median(LOUD) };
}

it('D14 fair service lets the quiet device through, FIFO does not', async () => {
  const [fifo, fair] = [await mediansOf('fifo'), await mediansOf('fair')];
  // First in, first out: behind some sixty faults of the other, two at a time.
  expect(fifo.quiet).toBeGreaterThan(20 * HANDLER_MICROS);
  expect(fifo.quiet).toBeGreaterThan(0.5 * fifo.loud);
  // In turns: behind what the workers have at most.
  expect(fair.quiet).toBeLessThan(8 * HANDLER_MICROS);
  // The loud one does not pay for it: one fault in thirty is not its own.
  expect(fair.loud).toBeLessThan(1.2 * fifo.loud);
}, 60_000);
