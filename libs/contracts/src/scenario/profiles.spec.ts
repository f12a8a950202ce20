import { meanOfSpread } from '@faultline/domain';
import type { HostCosts } from './host-costs';
import { hostCostsOf } from './host-costs';
import { costProfileOf } from './own-profile';
import { ownProfile } from './profile-schema';
import {
  automaticDeadlines,
  automaticTimeScale,
  chargesAnything,
  type CostProfile,
  costProfiles,
  meanTotalMicros,
  profileNames,
  type ProfileName,
  totalMicros,
} from './profiles';

/** Least and most that a profile's anchor says of the mean of a fault. */
const ANCHORS: Record<ProfileName, [least: number, most: number]> = {
  'stall-minor': [9.5, 10.5],
  'pri-minor': [20, 21],
  'nvme-major': [80, 100],
  npf: [220, 220],
  'cloud-swap': [690, 720],
  injected: [10_000, 10_020],
  none: [0, 0],
};

const HOST: HostCosts = {
  ...{ wakeMicros: 5, switchMicros: 2, queueLockMicros: 1, queueLockBounceMicros: 0.1 },
  ...{ mmLockMicros: 30, mmLockBounceMicros: 0.1 },
};

describe('cost profiles', () => {
  it.each(profileNames)('%s costs what it is anchored in, and says where that comes from', (name) => {
    const profile: CostProfile = costProfiles[name];
    const [least, most] = ANCHORS[name];
    expect(meanTotalMicros(profile)).toBeGreaterThanOrEqual(least);
    expect(meanTotalMicros(profile)).toBeLessThanOrEqual(most);
    expect(profile.source).not.toBe('');
    expect(profile.anchor).toBeDefined();
  });

  it('npf costs 350 us for a batch of 4 MB, where 4 KB cost 220', () => {
    const { handlerPageMicros } = costProfiles.npf;
    expect(totalMicros(costProfiles.npf) + 1023 * handlerPageMicros).toBeCloseTo(350, 9);
  });

  it('cloud-swap has a mean of 700 us and a tail of 4 ms; nvme-major lies 60 to 80 us above a minor fault', () => {
    const { handlerMicros } = costProfiles['cloud-swap'];
    expect(Math.round(meanOfSpread(handlerMicros) / 10)).toBe(70);
    expect(handlerMicros.p99).toBe(4000);
    const minor = costProfiles['pri-minor'].handlerMicros.median;
    const { median, p99 } = costProfiles['nvme-major'].handlerMicros;
    // The first percentile of a lognormal spread lies as far below the median as the 99th above, as a factor.
    expect(p99 - minor).toBe(80);
    expect(Math.round((median - minor) ** 2 / (p99 - minor))).toBeGreaterThanOrEqual(60);
  });

  it('of a scenario of its own are taken as they are written: constant, by percentiles, by values', () => {
    const written = ownProfile.parse({
      enqueueMicros: 2,
      handlerMicros: { median: 5, p99: 9 },
      storageMicros: { values: [{ micros: 80 }, { micros: 60, weight: 3 }] },
    });
    const values = [
      { value: 60, upTo: 3 },
      { value: 80, upTo: 4 },
    ];
    expect(costProfileOf(written)).toEqual({
      ...{ deviceMicros: 0, interruptMicros: 0, enqueueMicros: 2, responseMicros: 0, prefetchMicros: 0 },
      handlerMicros: { median: 5, p99: 9 },
      storageMicros: { median: 60, p99: 80, values },
      source: 'the scenario',
    });
    expect(costProfileOf(ownProfile.parse({ handlerMicros: 4, handlerPageMicros: 1 }))).toMatchObject({
      handlerMicros: { median: 4, p99: 4 },
      handlerPageMicros: 1,
    });
    expect(costProfileOf('pri-minor')).toEqual(costProfiles['pri-minor']);
  });
});

describe('what the software of the machine costs', () => {
  it('is nothing when nothing but a bounce is charged, for a lock that costs nothing is never waited for', () => {
    const none = { wakeMicros: 0, switchMicros: 0, queueLockMicros: 0, mmLockMicros: 0 };
    expect(hostCostsOf({ ...none, queueLockBounceMicros: 1, mmLockBounceMicros: 1 })).toBeUndefined();
    expect(hostCostsOf(HOST)).toBe(HOST);
  });

  it('is part of a fault: the lock of the address space as a part of the handler, the others beside it', () => {
    const minor = costProfiles['pri-minor'];
    expect(totalMicros(minor, HOST) - totalMicros(minor)).toBeCloseTo(5 + 1 + (30 - 3.7), 9);
    expect(totalMicros(minor, { ...HOST, mmLockMicros: 3 }) - totalMicros(minor)).toBeCloseTo(5 + 1, 9);
  });

  it('sets the time scale and the deadlines, also where the profile charges nothing', () => {
    expect(automaticTimeScale(costProfiles.none, HOST)).toBe(Math.ceil(50_000 / 36));
    expect(automaticDeadlines(costProfiles.none, HOST)).toEqual({
      teardownStepMicros: 500 * 36,
      invalidationMicros: 100 * 36,
    });
  });

  it('is charged when any stage of it, or of the profile, may cost something, whatever the median is', () => {
    const none = costProfiles.none;
    expect([chargesAnything(none), chargesAnything(none, HOST)]).toEqual([false, true]);
    const own = (written: object) => costProfileOf(ownProfile.parse(written));
    for (const written of [
      { responseMicros: 1 },
      { storageMicros: 70 },
      { prefetchMicros: 1 },
      { handlerPageMicros: 1 },
      { handlerMicros: { values: [{ micros: 0, weight: 9 }, { micros: 500 }] } },
    ])
      expect([written, chargesAnything(own(written))]).toEqual([written, true]);
    expect(chargesAnything(own({}))).toBe(false);
  });

  it('makes a scale for the mean of a fault, which may be far from its median', () => {
    const rare = costProfileOf(
      ownProfile.parse({ handlerMicros: { values: [{ micros: 0, weight: 3 }, { micros: 400 }] } }),
    );
    expect(automaticTimeScale(rare)).toBe(500);
  });

  it('gives a device that drops accesses the time to have them come again before its stop is forced', () => {
    const { teardownStepMicros } = automaticDeadlines(costProfiles.none, undefined, 1_000_000);
    expect(teardownStepMicros).toBe(1_000_500);
  });
});
