import type { FaultError, MemberResolution, MemberResult } from '../iopf/events';
import { ResponseCode } from '../kernel/vocabulary';
import type {
  MemberHandled,
  MmEvent,
  PageInstalled,
  ParkCause,
  RunFinished,
  RunParked,
  VolatileMmEvent,
} from './events';
import { memberResult } from './member-result';
import type { OpenRun } from './runs';

/** What one `Advance` causes. */
export type Outcome = (MmEvent | VolatileMmEvent)[];

const NO_OTHERS: readonly PageInstalled[] = Object.freeze([]);

/** The member is resolved, by writing an entry, with others that come along, or because it was there (R119). */
export function resolved(
  run: OpenRun,
  resolution: MemberResolution,
  installed?: PageInstalled,
  others: readonly PageInstalled[] = NO_OTHERS,
): Outcome {
  const handled = memberHandled(run, resolution, 'none');
  const isLast = run.handled + 1 === run.members.length;
  if (installed === undefined) return isLast ? [handled, succeeded(run, resolution)] : [handled];
  if (others.length > 0) {
    const outcome: Outcome = [installed, ...others, handled];
    if (isLast) outcome.push(succeeded(run, resolution));
    return outcome;
  }
  return isLast ? [installed, handled, succeeded(run, resolution)] : [installed, handled];
}

/** The member is INVALID, and with it the run is over: the members after it are not looked at (R114, R118). */
export function failed(run: OpenRun, error: FaultError): Outcome {
  const members = resultsWith(run, memberResult('invalid', error));
  while (members.length < run.members.length) members.push(memberResult('skipped', 'none'));
  return [memberHandled(run, 'invalid', error), runFinished(run, ResponseCode.INVALID, members)];
}

/** A run without members is over as soon as it is looked at. */
export function finishedEmpty(run: OpenRun): Outcome {
  return [runFinished(run, ResponseCode.SUCCESS, [])];
}

/** The member has to wait. */
export function parked(
  run: OpenRun,
  cause: ParkCause,
  mm: number,
  page: number,
  copying: boolean,
): RunParked {
  return { kind: 'RunParked', run: run.run, cause, mm, page, copying };
}

function memberHandled(run: OpenRun, resolution: MemberResolution, error: FaultError): MemberHandled {
  return { kind: 'MemberHandled', run: run.run, member: run.handled, resolution, error };
}

/** The last member is resolved. */
function succeeded(run: OpenRun, resolution: MemberResolution): RunFinished {
  return runFinished(run, ResponseCode.SUCCESS, resultsWith(run, memberResult(resolution, 'none')));
}

function resultsWith(run: OpenRun, last: MemberResult): MemberResult[] {
  return run.results === undefined ? [last] : [...run.results, last];
}

function runFinished(run: OpenRun, code: ResponseCode, members: MemberResult[]): RunFinished {
  return { kind: 'RunFinished', result: { run: run.run, code, members } };
}
