import { G1_KERNELS, type G1KernelName, G2_KERNELS, type G2KernelName } from '@faultline/domain';
import { firstDifference } from '../compare';
import type { StepDifference, VectorOutcome } from '../outcome';
import type { IopfTopology, IopfVector, RecordedChange, RecordedState } from './format';
import type { IopfMachine } from './machine';
import { G1Machine } from './machine-g1';
import { G2Machine } from './machine-g2';

/** What Faultline does where the original goes on to use what it has freed. */
const HAZARD_NOTE =
  'the original frees a group or a binding that queued work still uses; here the work is dropped with it, as if cancelled';

/**
 * Runs a vector against the domain's fault layer, in the kernel that the recording is of. After each step all its fields and the
 * whole state are compared. Throws `ConformanceFileInvalid` for a script that names what it does not have.
 */
export function runIopfVector(vector: IopfVector): VectorOutcome {
  const { id, generation: family, title, steps, hazard } = vector;
  const difference = firstDifferingStep(vector, createMachine(vector));
  const about = hazard ? { hazard, note: HAZARD_NOTE } : {};
  const outcome = { id, family, title, steps: steps.length, ...about };
  return difference === undefined
    ? { ...outcome, status: 'passed' }
    : { ...outcome, status: 'failed', difference };
}

function createMachine({ generation, sources, topology }: IopfVector): IopfMachine {
  const [kernel] = sources;
  const machine =
    generation === 'G1'
      ? new G1Machine(G1_KERNELS[kernel as G1KernelName], topology)
      : new G2Machine(G2_KERNELS[kernel as G2KernelName], topology);
  for (const binding of topology.bindings) machine.bindBeforehand(binding);
  return machine;
}

function firstDifferingStep(vector: IopfVector, machine: IopfMachine): StepDifference | undefined {
  const expectedState = initialState(vector.topology, vector.generation === 'G1');
  for (const [number, step] of vector.steps.entries()) {
    const { state: change, ...expected } = step.expect;
    if (change !== undefined) applyChange(expectedState, change);
    const actual = machine.apply(step);
    const state = machine.show();
    const difference = firstDifference(expected, actual) ?? firstDifference(expectedState, state, 'state');
    if (difference !== undefined) {
      const expectedStep = { ...expected, state: structuredClone(expectedState) };
      return { step: number, op: step.op, ...difference, expectedStep, actualStep: { ...actual, state } };
    }
  }
  const [expectedStep, actualStep] = [vector.finalState, machine.show()];
  const difference = firstDifference(expectedStep, actualStep, 'finalState');
  if (difference === undefined) return undefined;
  return { step: vector.steps.length, op: 'end', ...difference, expectedStep, actualStep };
}

/** The state before the first step, which a recording does not show: no queue, no handler, nothing reported. */
function initialState({ devices, queues, mms }: IopfTopology, hasHandlers: boolean): RecordedState {
  const device = () => ({
    queue: null,
    ...(hasHandlers ? { handler: null } : {}),
    pending: [],
    partial: [],
  });
  return {
    devices: Object.fromEntries(devices.map(({ id }) => [id, device()])),
    queues: Object.fromEntries(queues.map((queue) => [queue, null])),
    mms: Object.fromEntries(mms.map(({ id, vmas }) => [id, { users: 1, vmas }])),
  };
}

function applyChange(state: RecordedState, change: RecordedChange): void {
  for (const part of ['devices', 'mms', 'queues'] as const) {
    const whole: Record<string, object | null> = state[part];
    for (const [id, changed] of Object.entries(change[part] ?? {})) {
      whole[id] = changed === null ? null : { ...whole[id], ...changed };
    }
  }
}
