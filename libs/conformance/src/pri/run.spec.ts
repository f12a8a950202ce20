import type { VectorOutcome } from '../outcome';
import { parsePriFile } from './parse';
import { device, dirtying, initialStatus, refusedRequest, smallFile } from './pri.testkit';
import { type PriRunOptions, runPriVector } from './run';

function run(steps: readonly object[], vector: object = {}, options: PriRunOptions = {}): VectorOutcome {
  const [parsed] = parsePriFile(smallFile(steps, vector)).vectors;
  if (parsed === undefined) throw new Error('the file has no vector');
  return runPriVector(parsed, options);
}

describe('a vector', () => {
  it('passes when every step shows what was recorded', () => {
    expect(run([device, refusedRequest], { title: 'refused' })).toEqual({
      id: 'small',
      family: 'prq',
      title: 'refused',
      steps: 2,
      status: 'passed',
    });
  });

  it('passes with empty lists for absent ones, and addresses in any form', () => {
    const { out } = refusedRequest;
    expect(run([device, { ...refusedRequest, out: { ...out, faultRecords: [], queued: [] } }]).status).toBe(
      'passed',
    );
  });

  it('fails for a response too few, too many or another one, and shows both sides', () => {
    const { out } = refusedRequest;
    const [response] = out.responses;
    const withResponses = (...responses: unknown[]) =>
      run([device, { ...refusedRequest, out: { ...out, responses } }]);
    expect(withResponses(response, response).difference?.path).toBe('responses[1]');
    expect(withResponses().difference).toMatchObject({ step: 1, op: 'pageRequest', path: 'responses' });
    expect(withResponses({ ...response, code: 0 }).difference).toMatchObject({
      path: 'responses[0].code',
      expected: 0,
      actual: 15,
      expectedStep: { out: { responses: [{ code: 0 }] } },
      actualStep: { out, status: initialStatus },
    });
  });

  it('fails for a status that changed, that did not, and that was another one from the start', () => {
    const changed = { ...refusedRequest, status: { queueOverflow: true } };
    expect(run([device, changed]).difference).toMatchObject({ step: 1, path: 'status.queueOverflow' });
    const enabled = { op: 'queueControl', in: { enable: true, interruptEnable: true } };
    expect(run([enabled]).difference).toMatchObject({
      step: 0,
      op: 'queueControl',
      path: 'status.queueEnabled',
    });
    const other = run([device], { initialStatus: { ...initialStatus, queueEntries: 4 } });
    expect(other.difference).toMatchObject({ step: 0, op: 'initial', path: 'status.queueEntries' });
  });

  it('keeps the status from step to step', () => {
    const enable = {
      op: 'queueControl',
      in: { enable: true, interruptEnable: false },
      status: { queueEnabled: true, queueActive: true },
    };
    expect(run([enable, device, { ...device, status: { queueEnabled: true } }]).status).toBe('passed');
  });

  it('is run on hardware with the parameters of its file', () => {
    const at = (address: string, translated: string) => ({
      op: 'translationRequest',
      in: { ...dirtying.request.in, pasid: null, address },
      out: { completion: { ...dirtying.request.out.completion, write: true, size: 2_097_152, translated } },
    });
    expect(run([device, at('0x7ff123', '0x600000')]).status).toBe('passed');
    const invalidate = {
      op: 'invalidateDeviceTlb',
      in: { deviceId: 16, pasid: null, address: '0x5000', size: 4096 },
    };
    const request = { tag: 0, deviceId: 16, pasid: null, payload: '0x0000000000005000' };
    const sent = { ...invalidate, out: { invalidateRequests: [request] }, status: { tagsInUse: 1 } };
    expect(run([sent, { ...invalidate, status: { waitingForTag: true } }]).status).toBe('passed');
  });
});

describe('what a recording permits', () => {
  const { steps, request } = dirtying;

  it('is each value it lists for a path', () => {
    expect(run([...steps, request], {}, { quirks: {} }).status).toBe('passed');
    expect(run([...steps, request], {}, { quirks: { sampleDirtyBeforeUpdate: true } }).status).toBe('passed');
  });

  it('is nothing else', () => {
    const strict = { ...request, accept: { 'completion.write': [false] } };
    expect(run([...steps, strict]).difference?.path).toBe('completion.write');
    expect(
      run([...steps, { ...request, accept: { 'completion.read': [true, false] } }]).difference?.path,
    ).toBe('completion.write');
    const elsewhere = { ...request, accept: { 'nothing.write': [true, undefined] } };
    expect(run([...steps, elsewhere]).difference?.path).toBe('completion.write');
  });
});

describe('tags', () => {
  it.each([
    ['stale-records', 'staleRecords'],
    ['stop-lookalike-divergence', 'silentStopLookalike'],
    ['dirty-update-quirk', 'sampleDirtyBeforeUpdate'],
    ['irq-unmask-divergence', 'interruptOnlyOnAcknowledge'],
  ])('%s runs with %s, and says so', (tag, quirk) => {
    const { note } = run([device], { tags: ['something-else', tag] });
    expect(note).toBe(`run with quirks of the recorded model: ${quirk}`);
  });

  it('irq-unmask-divergence: unmasking raises nothing in the recorded model', () => {
    const queue = { queueEnabled: true, queueActive: true };
    const enable = (interruptEnable: boolean, status: object) => ({
      op: 'queueControl',
      in: { enable: true, interruptEnable },
      status,
    });
    const full = {
      ...refusedRequest,
      out: { disposition: 'discarded' },
      in: { ...refusedRequest.in, last: false },
    };
    const slot = { slot: 0, ...full.in };
    const steps = [
      device,
      enable(false, queue),
      { ...full, out: { disposition: 'queued', queued: [slot] }, status: { queueTail: 1 } },
      { ...full, status: { queueOverflow: true } },
      enable(true, { queueInterruptEnabled: true }),
      { op: 'interruptAck', in: { pageRequest: true }, status: { irqPageRequest: true } },
    ];
    expect(run(steps, { tags: ['irq-unmask-divergence'] }).status).toBe('passed');
    expect(run(steps).difference).toMatchObject({ step: 4, path: 'status.irqPageRequest' });
  });
});

describe('a result that may be stale', () => {
  const access = {
    op: 'untranslatedAccess',
    in: { deviceId: 16, pasid: 1, address: '0x5000', write: false, execute: false, privileged: false },
    out: { completion: { status: 'success', size: 4096, translated: '0x900000000' } },
  };
  const unmap = { op: 'unmap', in: { deviceId: 16, pasid: 1, address: '0x5000', size: 4096 } };
  const refused = {
    ...access,
    out: {
      completion: { status: 'unsupported-request' },
      faultRecords: [
        {
          reason: 'read-page-fault',
          transaction: 'untranslated-read',
          deviceId: 16,
          pasid: 1,
          privileged: false,
          value: '0x5000',
        },
      ],
    },
  };
  const invalidate = { op: 'invalidateIotlb', in: { deviceId: 16, pasid: 1, address: '0x5000' } };
  const after = [invalidate, { ...refused, status: { irqFault: true } }];
  const steps = [...dirtying.steps, access, unmap, { ...access, mayBeStale: true }, ...after];

  it('is the recorded one, or that of the tables as they are', () => {
    expect(run(steps).status).toBe('passed');
    expect(run(steps, {}, { iotlbEntries: 0 }).status).toBe('passed');
  });

  it('is no other one, and never without the mark', () => {
    const elsewhere = { completion: { status: 'success', size: 4096, translated: '0x900001000' } };
    const other = [...dirtying.steps, access, unmap, { ...access, out: elsewhere, mayBeStale: true }];
    expect(run(other).difference?.path).toBe('completion.translated');
    const unmarked = [...dirtying.steps, access, unmap, access];
    expect(run(unmarked).status).toBe('passed');
    expect(run(unmarked, {}, { iotlbEntries: 0 }).difference).toMatchObject({
      step: 5,
      path: 'completion.status',
    });
  });
});
