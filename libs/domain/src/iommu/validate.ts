import { NO_PASID, Permission, ResponseCode } from '../kernel/vocabulary';
import type { RequestRecord } from './events';
import type { RecordValidation } from './profile';

/** Pages below the highest translated address bit of a table of four levels (48 bits), and where their mirror image begins. */
const LOWER_HALF_PAGES = 2 ** 35;
const UPPER_HALF_PAGE = 2 ** 52 - LOWER_HALF_PAGES;

/** The code with which the driver answers a record that it finds invalid; `null` for a valid one (R73). */
export function invalidRecordCode(
  validation: RecordValidation,
  { page, pasid, permissions }: Pick<RequestRecord, 'page' | 'pasid' | 'permissions'>,
): ResponseCode | null {
  const has = (...bits: number[]): boolean => bits.every((bit) => (permissions & bit) !== 0);
  const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
  const invalid =
    (validation.canonicalAddress && page >= LOWER_HALF_PAGES && page < UPPER_HALF_PAGE) ||
    (validation.noPrivilegedData && (has(PRIVILEGED, READ) || has(PRIVILEGED, WRITE))) ||
    (validation.noExecuteWithRead && has(EXECUTE, READ)) ||
    (validation.pasidInRange && (pasid === NO_PASID || pasid === 0));
  if (!invalid) return null;
  return validation.answer === 'failure' ? ResponseCode.FAILURE : ResponseCode.INVALID;
}
