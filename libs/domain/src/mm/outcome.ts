import type { FaultError, MemberResolution } from '../iopf/events';
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
import type { RunResult } from './run';
import type { OpenRun } from './runs';

/** What one `Advance` causes. */
export type Outcome = (MmEvent | VolatileMmEvent)[];

/** The member is resolved, by writing an entry or because it was there (R119). */
export function resolved(run: OpenRun, resolution: MemberResolution, installed?: PageInstalled): Outcome {
  const handled = memberHandled(run, resolution, 'none');
  const isLast = run.results.length + 1 === run.members.length;
  if (!isLast) return installed === undefined ? [handled] : [installed, handled];
  const finished = runFinished(run, ResponseCode.SUCCESS, handled);
  return installed === undefined ? [handled, finished] : [installed, handled, finished];
}

/** The member is INVALID, and with it the run is over (R114, R118). */
export function failed(run: OpenRun, error: FaultError): Outcome {
  const handled = memberHandled(run, 'invalid', error);
  return [handled, runFinished(run, ResponseCode.INVALID, handled)];
}

/** A run without members is over as soon as it is looked at. */
export function finishedEmpty(run: OpenRun): Outcome {
  return [runFinished(run, ResponseCode.SUCCESS, undefined)];
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
  return { kind: 'MemberHandled', run: run.run, member: run.results.length, resolution, error };
}

function runFinished(run: OpenRun, code: ResponseCode, last: MemberHandled | undefined): RunFinished {
  const members: RunResult['members'] = [];
  for (const { resolution, error } of run.results) members.push({ resolution, error });
  if (last !== undefined) members.push({ resolution: last.resolution, error: last.error });
  while (members.length < run.members.length) members.push({ resolution: 'skipped', error: 'none' });
  return { kind: 'RunFinished', result: { run: run.run, code, members } };
}
