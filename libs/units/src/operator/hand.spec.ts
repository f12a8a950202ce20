import type { ResolvedScenario, StepAction } from '@faultline/contracts';
import { askedControl } from './asked.testkit';
import { Hand, teardownMillis } from './hand';
import { Wiring } from './wiring';

const scenario = {
  timeScale: 1000,
  deadlines: { teardownStepMicros: 4_000, invalidationMicros: 1_000 },
  processes: [
    { mm: 0, name: 'web', pasid: 1, starts: 'begin' },
    { mm: 1, name: 'late', pasid: 2, starts: 'timeline' },
  ],
  devices: [
    { device: 0, workloads: [{ mm: 0 }, { mm: 1 }] },
    { device: 1, workloads: [{ mm: 0 }] },
  ],
} as unknown as ResolvedScenario;

const web = { process: 'web', mm: 0, pasid: 1 };
const nic = { name: 'nic0', device: 0 };

async function handOver(replies: Record<string, unknown> = {}) {
  const kept = askedControl(replies);
  const wiring = new Wiring(kept.control, scenario);
  await wiring.wireUp();
  kept.asked.length = 0;
  kept.millis.length = 0;
  return { ...kept, wiring, hand: new Hand(kept.control, wiring, scenario) };
}

describe('what a step asks of the services', () => {
  test.each<[StepAction, unknown[]]>([
    [{ action: 'exit', ...web }, [['mm-handler.exit', { mm: 0 }]]],
    [
      { action: 'unmap', ...web, startPage: 16, pages: 4 },
      [['mm-handler.unmap', { mm: 0, pasid: 1, startPage: 16, pages: 4 }]],
    ],
    [
      { action: 'protect', ...web, startPage: 16, pages: 4, permissions: 1 },
      [['mm-handler.protect', { mm: 0, pasid: 1, startPage: 16, pages: 4, permissions: 1 }]],
    ],
    [
      { action: 'migrate', ...web, startPage: 16, pages: 4 },
      [['mm-handler.migrate', { mm: 0, pasid: 1, startPage: 16, pages: 4 }]],
    ],
    [{ action: 'reclaim', shard: 1, pages: 9 }, [['mm-handler.reclaim', { shard: 1, pages: 9 }]]],
    [{ action: 'hang-device', ...nic }, [['device-emulator.hang', { device: 0 }]]],
    [{ action: 'reset-device', ...nic }, [['iommu.reset', { device: 0 }]]],
    [{ action: 'remove-queue', name: 'pri0', iommu: 3 }, [['iommu.free-queue', { iommu: 3 }]]],
    [{ action: 'add-queue', name: 'pri0', iommu: 3 }, [['iommu.alloc-queue', { iommu: 3 }]]],
  ])('%j', async (action, questions) => {
    const { hand, asked } = await handOver();
    await expect(hand.act(action)).resolves.toBe('');
    expect(asked).toEqual(questions);
  });

  test('R91 a process is bound everywhere before its workloads begin', async () => {
    const { hand, asked } = await handOver();
    await hand.act({ action: 'start', process: 'late', mm: 1, pasid: 2 });
    expect(asked.map(([verb]) => verb)).toEqual([
      'mm-handler.create',
      'mm-handler.bind',
      'iommu.bind',
      'device-emulator.start-process',
    ]);
    expect(asked.at(-1)?.[1]).toEqual({ mm: 1 });
  });

  test('R93 a PASID is unbound in the mm only after the teardown at every device, and tells how it went', async () => {
    const steps = [
      { step: 'stop', outcome: 'expired', micros: 2_000_000 },
      { step: 'drain', outcome: 'done', micros: 12 },
    ];
    const { hand, asked } = await handOver({ 'iommu.unbind': { forced: true, steps } });
    const line = 'by force: stop expired after 2.00 s, drain 12.0 µs';
    await expect(hand.act({ action: 'unbind', ...web })).resolves.toBe(`${line}; ${line}`);
    expect(asked).toEqual([
      ['iommu.unbind', { device: 0, pasid: 1 }],
      ['iommu.unbind', { device: 1, pasid: 1 }],
      ['mm-handler.unbind', { mm: 0, pasid: 1 }],
    ]);
  });

  test('R103 an orderly removal tells whether force was needed; R104 a surprise removal is followed by a detach', async () => {
    const { hand, asked, wiring } = await handOver({ 'iommu.remove': { forced: false } });
    await expect(hand.act({ action: 'remove-device', ...nic })).resolves.toBe('in order');
    await expect(hand.act({ action: 'surprise-remove', name: 'gpu0', device: 1 })).resolves.toBe('');
    expect(asked).toEqual([
      ['iommu.remove', { device: 0 }],
      ['device-emulator.remove', { device: 1 }],
      ['iommu.detach', { device: 1 }],
    ]);
    expect(wiring.devicesOf(1)).toEqual([]);
  });

  test('R105 a domain is replaced at every device', async () => {
    const { hand, asked } = await handOver();
    await hand.act({ action: 'replace-domain', ...web, ...nic, by: 'late', byMm: 1 });
    expect(asked.map(([verb]) => verb)).toEqual([
      'mm-handler.create',
      'mm-handler.rebind',
      'iommu.replace',
      'iommu.replace',
    ]);
  });
});

describe('patience with a step', () => {
  test('covers every step of a teardown, and what each may wait for', async () => {
    const { hand, millis } = await handOver({ 'iommu.unbind': { forced: false, steps: [] } });
    await hand.act({ action: 'unbind', ...web });
    // Five steps of 4 s, each perhaps with a reset, and invalidations of 2 s at least.
    expect(teardownMillis(scenario)).toBeGreaterThanOrEqual(5 * (4_000 + 2_000));
    expect(millis).toEqual(millis.map(() => teardownMillis(scenario)));
  });

  test('has an end also where the scenario sets no deadline', () => {
    const deadlines = { teardownStepMicros: 0, invalidationMicros: 1 };
    expect(teardownMillis({ timeScale: 1, deadlines })).toBe(600_000);
  });
});
