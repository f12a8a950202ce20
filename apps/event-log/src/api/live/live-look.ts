import { totalsOf } from '@faultline/audit';
import type { PresenceBoard, Sighting } from '@faultline/runtime';
import { unitsOfScenario } from '@faultline/units';
import type { LaboratorySight } from './laboratory-watch';
import type { LiveState } from './live-schemas';

type Services = Pick<LiveState, 'services' | 'units'>;
type Queues = Pick<LiveState, 'queues' | 'devices'>;

/** Which laboratory it is. */
export function laboratoryLook(
  sight: LaboratorySight,
  run: string | undefined,
): NonNullable<LiveState['laboratory']> {
  const { scenario, tally } = sight.follower;
  return {
    lab: sight.view.config.lab,
    run: run ?? null,
    scenario: scenario?.name ?? null,
    timeScale: scenario?.timeScale ?? null,
    ended: tally.ended,
  };
}

/** Who stands at the site, while nobody there owns anything. */
export const standingLook = (board: PresenceBoard | undefined, leaseMillis: number): Services => ({
  services: board ? saidOf(board.sightings(leaseMillis)) : [],
  units: [],
});

const saidOf = (sightings: readonly Sighting[]): LiveState['services'] =>
  sightings.map(({ standing, presence }) => {
    const {
      instance,
      service,
      session,
      pid,
      state,
      units,
      reason = null,
      deadLetters,
      repairedQueues = 0,
    } = presence;
    return {
      instance,
      service,
      session,
      pid,
      state,
      standing,
      units: [...units].sort(),
      reason,
      deadLetters,
      repairedQueues,
    };
  });

/** Who is there, and who owns what. */
export function servicesLook({ board, follower, view }: LaboratorySight): Services {
  const sightings = board.sightings(view.config.leaseMillis);
  const owners = new Map(
    sightings
      .filter(({ standing }) => standing !== 'gone')
      .flatMap(({ presence }) => presence.units.map((unit) => [unit, presence.instance] as const)),
  );
  const { scenario, tally } = follower;
  const units = (scenario ? unitsOfScenario(scenario) : []).map((unit) => ({
    ...{ unit, owner: owners.get(unit) ?? null, epoch: tally.owners.get(unit) ?? null },
  }));
  return { services: saidOf(sightings), units };
}

/** What waits where. */
export function queuesLook({ follower }: LaboratorySight, nowMicros: number): Queues {
  const { scenario, tally } = follower;
  const names = new Map(scenario?.devices.map(({ device, name }) => [device, name]));
  return {
    queues: tally.queueLooks(nowMicros),
    devices: tally.deviceLooks().map((look) => ({ ...look, name: names.get(look.device) ?? null })),
  };
}

/** How many accesses the scenario has, all told. */
export function accessesOf({ follower: { scenario } }: LaboratorySight): number | null {
  if (!scenario) return null;
  return Object.values(totalsOf(scenario).accessesByDevice).reduce((sum, each) => sum + each, 0);
}
