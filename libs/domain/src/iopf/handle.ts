import { ACCESS_MASK, Permission, type Permissions, ResponseCode } from '../kernel/vocabulary';
import type { FaultError } from './events';

/** What the checks before an attempt say: `none` lets the fault be attempted. */
export type HandlingCheck = Extract<FaultError, 'none' | 'no-pasid' | 'not-bound' | 'no-vma' | 'permission'>;

/**
 * The checks of the SVA handler before it attempts a fault, in their order (R107 - R111). A fault that asks for nothing passes on
 * every vma, and a privileged one asks for no more than another (R111, R112).
 *
 * @param hasPasid whether the fault has a valid PASID
 * @param alive whether its address space is found, and has users left
 * @param granted what the vma around the address grants; `undefined` without a vma
 * @param requested what the fault asks for
 */
export function checkHandling(
  hasPasid: boolean,
  alive: boolean,
  granted: Permissions | undefined,
  requested: Permissions,
): HandlingCheck {
  if (!hasPasid) return 'no-pasid';
  if (!alive) return 'not-bound';
  if (granted === undefined) return 'no-vma';
  return (requested & ACCESS_MASK & ~granted) === 0 ? 'none' : 'permission';
}

/** Flags of an attempted fault (R113). A read has none of its own. */
export const AttemptFlag = { WRITE: 1, INSTRUCTION: 2, USER: 4, REMOTE: 8 } as const;

/** {@link AttemptFlag} bits for a fault that asks for these permissions: it is never the current process, and only "privileged" takes the user mark away (R112, R113). */
export function attemptFlags(requested: Permissions): number {
  const write = (requested & Permission.WRITE) !== 0 ? AttemptFlag.WRITE : 0;
  const instruction = (requested & Permission.EXECUTE) !== 0 ? AttemptFlag.INSTRUCTION : 0;
  const user = (requested & Permission.PRIVILEGED) === 0 ? AttemptFlag.USER : 0;
  return write | instruction | user | AttemptFlag.REMOTE;
}

/** What an attempted fault can give, in the words of the kernel. */
export type AttemptResult = 'OK' | FailedAttempt | 'RETRY' | UnusualSuccess;
type FailedAttempt = 'OOM' | 'SIGBUS' | 'SIGSEGV' | 'HWPOISON' | 'HWPOISON_LARGE' | 'FALLBACK';
type UnusualSuccess = 'MAJOR' | 'NOPAGE' | 'LOCKED' | 'DONE_COW' | 'NEEDDSYNC' | 'COMPLETED';

const FAILED: ReadonlySet<AttemptResult> = new Set<FailedAttempt>([
  'OOM',
  'SIGBUS',
  'SIGSEGV',
  'HWPOISON',
  'HWPOISON_LARGE',
  'FALLBACK',
]);

/** The code of an attempted fault: any error bit is INVALID, all else SUCCESS, "retry" included; never FAILURE (R114, rule 11). */
export function codeOfAttempt(result: AttemptResult): ResponseCode {
  return FAILED.has(result) ? ResponseCode.INVALID : ResponseCode.SUCCESS;
}

/**
 * Handles the members of a group in their order. The first code other than SUCCESS ends it and is the code of the group; what was
 * handled before stays done (R118).
 */
export function handleInOrder<Member>(
  members: readonly Member[],
  handle: (member: Member) => ResponseCode,
): ResponseCode {
  for (const member of members) {
    const code = handle(member);
    if (code !== ResponseCode.SUCCESS) return code;
  }
  return ResponseCode.SUCCESS;
}
