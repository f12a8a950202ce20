export { preferredMember } from './rendezvous';
export { UnitKeeper, type UnitKeeperOptions } from './unit-keeper';
