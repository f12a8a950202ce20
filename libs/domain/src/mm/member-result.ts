import type { FaultError, MemberResolution, MemberResult } from '../iopf/events';

const SPURIOUS = withoutError('spurious');
const MINOR = withoutError('minor');
const MAJOR = withoutError('major');
const SKIPPED = withoutError('skipped');

/** A member's result. Nearly all are one of four, which are shared: nobody may change a result. */
export function memberResult(resolution: MemberResolution, error: FaultError): MemberResult {
  if (error !== 'none') return { resolution, error };
  switch (resolution) {
    case 'minor':
      return MINOR;
    case 'major':
      return MAJOR;
    case 'spurious':
      return SPURIOUS;
    case 'skipped':
      return SKIPPED;
    case 'invalid':
      return withoutError(resolution);
  }
}

function withoutError(resolution: MemberResolution): MemberResult {
  return Object.freeze({ resolution, error: 'none' });
}
