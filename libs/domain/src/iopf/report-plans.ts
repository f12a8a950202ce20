import type { ReportAction, ReportPlan } from './report';

const DONE = { result: 0, answer: null, driverCompletes: false, warns: false, refusal: null };

/** A plan; they are made once and shared, because one is returned for every fault. */
export function reportPlan(
  action: ReportAction,
  fields: Partial<Omit<ReportPlan, 'action'>> = {},
): ReportPlan {
  return Object.freeze({ ...DONE, action, ...fields });
}

/** Plans that are the same in every generation. */
export const PARK = reportPlan('park');
export const GROUP = reportPlan('group');
