import { type GroupedFault, parsePermissions, type Permissions } from '@faultline/domain';
import type { RecordedFault } from './format';

/** A fault of a script, as the layer holds it. */
export interface ScriptFault extends GroupedFault {
  readonly id: number;
  readonly pasid: number;
  readonly hasPasid: boolean;
  readonly needsPasid: boolean;
  readonly last: boolean;
  readonly pageRequest: boolean;
  readonly addr: string;
  readonly address: bigint;
  readonly permissions: Permissions;
}

/** Reads a recorded fault; parsing has checked its letters. */
export function scriptFault({ id, type, flags, pasid, grpid, addr, perm }: RecordedFault): ScriptFault {
  return {
    id,
    groupId: grpid,
    pasid,
    hasPasid: flags.includes('PASID_VALID'),
    needsPasid: flags.includes('NEEDS_PASID'),
    last: flags.includes('LAST_PAGE'),
    pageRequest: type === 'page_req',
    addr,
    address: BigInt(addr),
    permissions: parsePermissions(perm) ?? 0,
  };
}
