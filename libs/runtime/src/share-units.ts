import type { ResolvedScenario } from '@faultline/contracts';
import { UnitKeeper } from '@faultline/hosting';
import type { ServicePorts } from './ports';
import type { UnitOwnerService } from './unit-owner-service';

/**
 * Lets this instance take its share of a scenario's units among all replicas of its service: by leases in the laboratory's bucket of
 * owners. `onOwned` hears which units it owns and serves, at every change.
 */
export async function shareUnits(
  ports: ServicePorts,
  service: UnitOwnerService,
  scenario: ResolvedScenario,
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
    units: service.namesOf(scenario),
    open: async (unit) => {
      const sinceMicros = clock.nowMicros();
      await service.open(unit);
      logger.info({ unit, tookMicros: clock.nowMicros() - sinceMicros }, 'unit owned');
    },
    close: async (unit) => {
      await service.close(unit);
      logger.info({ unit }, 'unit handed over');
    },
    revive: () => ports.reviveOwners(),
    onOwned: (units) => onOwned([...units]),
    onTrouble: (error) => logger.warn({ err: error }, 'the store of leases makes trouble'),
    onFailure: (error) => ports.fail(error),
  });
  service.onLost = (unit) => keeper.lost(unit);
  await keeper.start();
  return keeper;
}
