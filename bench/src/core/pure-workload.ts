import { Permission, type SegmentCommand } from '@faultline/domain';

/** The one PASID of the pure path. */
export const PASID = 1;

/** A write to a page that nobody touched before: it always faults, and needs a page of its own. */
export function writeAccess(device: number, access: number, nowMicros: number): SegmentCommand {
  return {
    kind: 'IssueAccess',
    access: {
      device,
      access,
      pasid: PASID,
      page: access,
      offset: 0,
      permissions: Permission.WRITE,
      intendedAtMicros: nowMicros,
    },
  };
}
