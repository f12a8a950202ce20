import { type KvPort, UnitKeeper } from '@faultline/hosting';
import type { UnitConfig, UnitPorts } from './common';
import type { UnitOwner } from './unit-owner';

/** What the processes of a laboratory share units out by. */
export interface OwnerPorts extends UnitPorts {
  readonly config: UnitConfig & { readonly service: string; readonly leaseMillis: number };
  /** Leases and members of the laboratory. */
  readonly owners: KvPort;
  /** Makes the bucket of owners again that somebody deleted; does nothing while there is one. */
  reviveOwners(): Promise<void>;
}

/**
 * Lets this process take its share of the units of its service, among all its replicas: by leases in the laboratory's bucket of
 * owners. `onOwned` hears which units it owns and serves, at every change.
 */
export async function shareUnits(
  ports: OwnerPorts,
  owner: UnitOwner,
  units: readonly string[],
  onOwned: (units: string[]) => void,
): Promise<UnitKeeper> {
  const { owners, clock, logger, config } = ports;
  const keeper = new UnitKeeper({
    kv: owners,
    clock,
    service: config.service,
    instance: config.instance,
    session: config.session,
    leaseMillis: config.leaseMillis,
    units,
    open: async (unit) => {
      const sinceMicros = clock.nowMicros();
      await owner.open(unit);
      logger.info({ unit, tookMicros: clock.nowMicros() - sinceMicros }, 'unit owned');
    },
    close: async (unit) => {
      await owner.close(unit);
      logger.info({ unit }, 'unit handed over');
    },
    revive: () => ports.reviveOwners(),
    onOwned: (units) => onOwned([...units]),
    onTrouble: (error) => logger.warn({ err: error }, 'the store of leases makes trouble'),
    onFailure: (error) => ports.fail(error),
  });
  owner.onLost = (unit) => keeper.lost(unit);
  await keeper.start();
  return keeper;
}
