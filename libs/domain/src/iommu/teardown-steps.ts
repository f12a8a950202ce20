import { TEARDOWN_STEPS, type TeardownStep } from './events';

/** The step that follows; `null` after the last one. */
export function stepAfter(step: TeardownStep): TeardownStep | null {
  return TEARDOWN_STEPS[TEARDOWN_STEPS.indexOf(step) + 1] ?? null;
}
