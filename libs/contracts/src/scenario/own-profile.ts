import { empiricalSpread, type Spread } from '@faultline/domain';
import type { OwnProfile } from './profile-schema';
import { type CostProfile, costProfiles, type ProfileName } from './profiles';

/** The costs that a scenario's profile means: those of the table, or its own. */
export function costProfileOf(profile: ProfileName | OwnProfile): CostProfile {
  if (typeof profile === 'string') return { ...costProfiles[profile] };
  const { handlerMicros, storageMicros, handlerPageMicros, ...stages } = profile;
  return {
    ...stages,
    handlerMicros: spreadOf(handlerMicros),
    storageMicros: spreadOf(storageMicros),
    ...(handlerPageMicros === undefined ? {} : { handlerPageMicros }),
  };
}

function spreadOf(written: OwnProfile['handlerMicros']): Spread {
  if (typeof written === 'number') return { median: written, p99: written };
  if (!('values' in written)) return written;
  return empiricalSpread(written.values.map(({ micros, weight }) => ({ value: micros, weight })));
}
