import type { IopfStep, IopfVector, RecordedFault, RecordedState } from './format';

/** The last fault of group 1 and PASID 1. */
export function recordedFault(id: number, overrides: Partial<RecordedFault> = {}): RecordedFault {
  return {
    id,
    type: 'page_req',
    flags: ['PASID_VALID', 'LAST_PAGE'],
    pasid: 1,
    grpid: 1,
    addr: '0x1000',
    perm: 'w',
    ...overrides,
  };
}

const vmas = [{ start: '0x1000', end: '0x3000', prot: 'rw' }];
const finalState: RecordedState = {
  devices: { d0: { queue: 'q0', pending: [], partial: [] } },
  queues: { q0: { work: [], devices: ['d0'] } },
  mms: { mm0: { users: 1, vmas } },
};
const steps: IopfStep[] = [
  {
    op: 'queue_alloc',
    queue: 'q0',
    expect: { ret: 0, state: { queues: { q0: { work: [], devices: [] } } } },
  },
  {
    op: 'add_device',
    queue: 'q0',
    dev: 'd0',
    expect: { ret: 0, state: { devices: { d0: { queue: 'q0' } }, queues: { q0: { devices: ['d0'] } } } },
  },
  {
    op: 'report',
    dev: 'd0',
    fault: recordedFault(1),
    expect: {
      ret: 0,
      groups: [{ group: 1, dev: 'd0', faults: [1], to: 'wq', queue: 'q0' }],
      state: { devices: { d0: { pending: [1] } }, queues: { q0: { work: [1] } } },
    },
  },
  {
    op: 'run',
    group: 1,
    expect: {
      ran: [1],
      mm: [{ mm: 'mm0', addr: '0x1000', flags: ['WRITE', 'USER', 'REMOTE'], result: 'OK' }],
      hw: [{ dev: 'd0', fault: 1, pasid: 1, grpid: 1, code: 0 }],
      state: { devices: { d0: { pending: [] } }, queues: { q0: { work: [] } } },
    },
  },
];

/** A small vector of the present generation that passes: one write is reported, handled and answered. */
export function smallVector(): IopfVector {
  return structuredClone<IopfVector>({
    id: 'small',
    title: 'One write',
    generation: 'G2',
    sources: ['v7.1-merge-window'],
    hazard: false,
    topology: {
      devices: [{ id: 'd0', pageResponse: true, group: 'g0' }],
      queues: ['q0'],
      mms: [{ id: 'mm0', pasid: 1, vmas }],
      bindings: [{ dev: 'd0', pasid: 1, mm: 'mm0' }],
    },
    steps,
    finalState,
  });
}

/** A file with this vector, as JSON gives it. */
export function fileOf(...vectors: object[]): Record<string, unknown> {
  return { format: 'iopf-conformance', formatVersion: 1, set: 'small', count: vectors.length, vectors };
}
