import { ConformanceFileInvalid } from '../shape';
import type { IopfStep, IopfVector } from './format';
import { recordedFault, smallVector } from './iopf.testkit';
import { runIopfVector } from './run';

const RUN = 3;

function stepOf(vector: IopfVector, number: number): IopfStep {
  const step = vector.steps[number];
  if (step === undefined) throw new Error(`no step ${number}`);
  return step;
}

function outcomeWith(change: (vector: IopfVector) => void) {
  const vector = smallVector();
  change(vector);
  return runIopfVector(vector);
}

describe('running a vector of the fault layer', () => {
  it('passes what the layer does', () => {
    expect(runIopfVector(smallVector())).toEqual({
      id: 'small',
      family: 'G2',
      title: 'One write',
      steps: 4,
      status: 'passed',
    });
  });

  it.each<[string, (step: IopfStep) => void, string]>([
    ['another code', ({ expect: { hw } }) => Object.assign(hw?.[0] ?? {}, { code: 1 }), 'hw[0].code'],
    ['a response that is not recorded', ({ expect }) => delete expect.hw, 'hw'],
    ['a response that is missing', ({ expect: { hw } }) => hw?.push(...hw), 'hw[1]'],
    ['another flag of an attempt', ({ expect: { mm } }) => mm?.[0]?.flags.shift(), 'mm[0].flags[0]'],
    ['work that did not run', ({ expect }) => (expect.ran = []), 'ran[0]'],
    ['a warning', ({ expect }) => (expect.warn = 1), 'warn'],
    ['a return code', ({ expect }) => (expect.ret = 0), 'ret'],
    ['an injection', (step) => (step.inject = 'group'), 'injected'],
    ['a field that nobody knows', ({ expect }) => Object.assign(expect, { other: [] }), 'other'],
    ['a change of state that is missing', ({ expect }) => delete expect.state, 'state.devices.d0.pending[0]'],
    [
      'a change of state that did not happen',
      ({ expect }) => (expect.state = { ...expect.state, mms: { mm0: { users: 0 } } }),
      'state.mms.mm0.users',
    ],
    [
      'a queue that is gone',
      ({ expect }) => (expect.state = { ...expect.state, queues: { q0: null } }),
      'state.queues.q0',
    ],
  ])('finds %s', (_what, change, path) => {
    const outcome = outcomeWith((vector) => change(stepOf(vector, RUN)));
    expect(outcome).toMatchObject({ status: 'failed', difference: { step: RUN, op: 'run', path } });
  });

  it('gives both sides of the step whole', () => {
    const { difference } = outcomeWith((vector) => {
      Object.assign(stepOf(vector, RUN).expect, { ran: [2] });
    });
    expect(difference).toMatchObject({
      expected: 2,
      actual: 1,
      expectedStep: { ran: [2], state: { devices: { d0: { pending: [] } } } },
      actualStep: { ran: [1], hw: [{ code: 0 }], state: { devices: { d0: { pending: [] } } } },
    });
  });

  it('compares the final state after the last step', () => {
    const outcome = outcomeWith(({ finalState }) => Object.assign(finalState.mms['mm0'] ?? {}, { users: 2 }));
    expect(outcome.difference).toMatchObject({ step: 4, op: 'end', path: 'finalState.mms.mm0.users' });
  });

  it('lets an injected allocation fail once, and says whether it was reached', () => {
    const outcome = outcomeWith((vector) => {
      vector.steps.splice(2, 2, {
        op: 'report',
        dev: 'd0',
        fault: recordedFault(1),
        inject: 'enqueue',
        expect: {
          ret: 0,
          injected: true,
          groups: [{ group: 1, dev: 'd0', faults: [1], to: 'wq-refused', queue: 'q0' }],
          hw: [{ dev: 'd0', fault: 1, pasid: 1, grpid: 1, code: 2 }],
        },
      });
    });
    expect(outcome.status).toBe('passed');
  });

  it('runs the kernel that the recording is of first: only one of the generation repeats an answer', () => {
    const repeat = (vector: IopfVector) => {
      const held = { ...recordedFault(1), pasid: 2 };
      vector.topology.bindings.push({ dev: 'd0', pasid: 2, handler: 'hold' });
      const hw = [{ dev: 'd0', fault: 1, pasid: 2, grpid: 1, code: 0 }];
      const group = { group: 1, dev: 'd0', faults: [1], to: 'hold' as const };
      vector.steps.splice(
        2,
        2,
        {
          op: 'report',
          dev: 'd0',
          fault: held,
          expect: { ret: 0, groups: [group], state: { devices: { d0: { pending: [1] } } } },
        },
        {
          op: 'group_respond',
          group: 1,
          code: 0,
          expect: { hw, state: { devices: { d0: { pending: [] } } } },
        },
        { op: 'group_respond', group: 1, code: 0, expect: { hw } },
      );
    };
    expect(outcomeWith(repeat).difference).toMatchObject({ step: 4, path: 'hw', actual: undefined });
    const later = outcomeWith((vector) => {
      repeat(vector);
      vector.sources = ['v6.12.117'];
    });
    expect(later.status).toBe('passed');
  });

  it.each<[string, IopfStep]>([
    ['dev is "d9"', { op: 'flush_dev', dev: 'd9', expect: {} }],
    ['mm is "mm9"', { op: 'mm_exit', mm: 'mm9', expect: {} }],
    ['start in mm mm0 is "0x2000"', { op: 'munmap', mm: 'mm0', start: '0x2000', expect: {} }],
    ['op is "hw_fail"', { op: 'hw_fail', dev: 'd0', ret: -5, times: 1, expect: {} }],
    ['dev of bind is nothing', { op: 'bind', mm: 'mm0', pasid: 1, expect: {} }],
    ['dev and mm of unbind is ["d0",null]', { op: 'unbind', dev: 'd0', expect: {} }],
  ])('refuses a script whose %s', (message, step) => {
    const run = () => outcomeWith((vector) => vector.steps.push(step));
    expect(run).toThrow(ConformanceFileInvalid);
    expect(run).toThrow(message);
  });
});
