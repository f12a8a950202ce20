import { Permission, ResponseCode } from '../kernel/vocabulary';
import {
  AttemptFlag,
  attemptFlags,
  type AttemptResult,
  checkHandling,
  codeOfAttempt,
  handleInOrder,
} from './handle';
import { G1, G1_KERNELS, G2, G2_KERNELS } from './kernels';

const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
const { SUCCESS, INVALID } = ResponseCode;

describe('handling the members of a group', () => {
  it('rule 8 R107 R108 R110 R111 checks in order: PASID, address space, vma, permission', () => {
    expect(checkHandling(false, false, undefined, WRITE)).toBe('no-pasid');
    expect(checkHandling(true, false, undefined, WRITE)).toBe('not-bound');
    expect(checkHandling(true, true, undefined, WRITE)).toBe('no-vma');
    expect(checkHandling(true, true, READ, WRITE)).toBe('permission');
    expect(checkHandling(true, true, WRITE, WRITE)).toBe('none');
  });

  it('rules 8, 9 R111 every requested bit is needed, and none of them passes everywhere', () => {
    for (const bit of [READ, WRITE, EXECUTE]) {
      const others = (READ | WRITE | EXECUTE) & ~bit;
      expect(checkHandling(true, true, others, bit)).toBe('permission');
      expect(checkHandling(true, true, bit, bit)).toBe('none');
      expect(checkHandling(true, true, bit, bit | others)).toBe('permission');
    }
    expect(checkHandling(true, true, 0, 0)).toBe('none');
  });

  it('rule 9 R112 privileged is not checked, and takes only the user mark away', () => {
    expect(checkHandling(true, true, READ, READ | PRIVILEGED)).toBe('none');
    expect(checkHandling(true, true, READ, WRITE | PRIVILEGED)).toBe('permission');
    expect(attemptFlags(PRIVILEGED)).toBe(AttemptFlag.REMOTE);
    expect(attemptFlags(PRIVILEGED | WRITE)).toBe(AttemptFlag.WRITE | AttemptFlag.REMOTE);
  });

  it('rule 9 R113 flags of the attempt: remote always, nothing for reading', () => {
    const always = AttemptFlag.USER | AttemptFlag.REMOTE;
    expect(attemptFlags(0)).toBe(always);
    expect(attemptFlags(READ)).toBe(always);
    expect(attemptFlags(WRITE)).toBe(always | AttemptFlag.WRITE);
    expect(attemptFlags(READ | EXECUTE)).toBe(always | AttemptFlag.INSTRUCTION);
    expect(new Set(Object.values(AttemptFlag))).toEqual(new Set([1, 2, 4, 8]));
  });

  it.each<[AttemptResult, ResponseCode]>([
    ...(['OOM', 'SIGBUS', 'SIGSEGV', 'HWPOISON', 'HWPOISON_LARGE', 'FALLBACK'] as const).map(
      (result) => [result, INVALID] as [AttemptResult, ResponseCode],
    ),
    ...(['OK', 'RETRY', 'MAJOR', 'NOPAGE', 'LOCKED', 'DONE_COW', 'NEEDDSYNC', 'COMPLETED'] as const).map(
      (result) => [result, SUCCESS] as [AttemptResult, ResponseCode],
    ),
  ])('rules 10, 11 R114 R116 %s is code %s', (result, code) => {
    expect(codeOfAttempt(result)).toBe(code);
  });

  it('rule 7 R118 members are handled in order, and the first failure ends the group', () => {
    const handled: number[] = [];
    const handle = (member: number): ResponseCode => {
      handled.push(member);
      return member === 2 ? INVALID : SUCCESS;
    };
    expect(handleInOrder([1, 2, 3], handle)).toBe(INVALID);
    expect(handled).toEqual([1, 2]);
    expect(handleInOrder([3, 1], handle)).toBe(SUCCESS);
    expect(handled).toEqual([1, 2, 3, 1]);
  });

  it('rule 14 R110 stacks grow in the first kernel of the 2021 generation only', () => {
    expect(G1.growsStacks).toBe(true);
    expect(
      [G1_KERNELS['v6.1.192'], ...Object.values(G2_KERNELS)].map((kernel) => kernel.growsStacks),
    ).toEqual([false, false, false]);
  });

  it('the generations are known by their names', () => {
    expect([G1.name, G2.name]).toEqual(['G1', 'G2']);
    expect(Object.values(G1_KERNELS).map(({ name }) => name)).toEqual(['G1', 'G1']);
    expect(G2_KERNELS['v7.1-merge-window']).toBe(G2);
  });
});
