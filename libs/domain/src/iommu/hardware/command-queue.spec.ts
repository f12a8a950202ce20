import type { HardwareCommand, QueuedCommand } from './commands';
import type { HardwareEvent } from './events';
import {
  fence,
  invalidation,
  NO_PASID,
  ofKind,
  perform,
  ready,
  submit,
  testHardware,
} from './hardware.testkit';
import { invalidationPayload } from './invalidation-payload';

const run = (...commands: HardwareCommand[]) => perform(testHardware(), ready, ...commands);
const response: QueuedCommand = {
  op: 'page-response',
  deviceId: 16,
  pasid: NO_PASID,
  prgIndex: 400,
  code: 2,
};
const completion = (tags: number[], count = 1, deviceId = 16): HardwareCommand => ({
  kind: 'ReceiveInvalidationCompletion',
  deviceId,
  tags,
  count,
});
const expire = (...tags: number[]): HardwareCommand => ({ kind: 'ExpireInvalidations', tags });
const clear = (flag: 'timeout' | 'illegal' | 'memoryFault'): HardwareCommand => ({
  kind: 'ClearCommandFlags',
  timeout: false,
  illegal: false,
  memoryFault: false,
  [flag]: true,
});
const sentTags = (events: readonly HardwareEvent[]) =>
  ofKind(events, 'InvalidationSent').map(({ tag }) => tag);
const results = (events: readonly HardwareEvent[]) =>
  ofKind(events, 'InvalidationCompletionReceived').map(({ result }) => result);
const fences = (events: readonly HardwareEvent[]) => ofKind(events, 'FenceWritten').length;

describe('R61 the response command has no memory', () => {
  it('sends what it is given, to whomever', () => {
    expect(ofKind(run(submit(response)).events, 'PrgResponseSent')).toEqual([
      { kind: 'PrgResponseSent', deviceId: 16, pasid: NO_PASID, prgIndex: 400, code: 2, origin: 'commanded' },
    ]);
  });

  it('an illegal command ahead of it delays it until software repairs the queue', () => {
    const halted = run(submit({ op: 'illegal' }), submit(response), clear('illegal'));
    expect(ofKind(halted.events, 'PrgResponseSent')).toEqual([]);
    expect(halted.state.commands.flags).toEqual({ timeout: false, illegal: true, memoryFault: false });
    const replace: HardwareCommand = { kind: 'ReplaceHaltedCommand' };
    const repaired = run(submit({ op: 'illegal' }), submit(response), replace, clear('illegal'));
    expect(ofKind(repaired.events, 'PrgResponseSent')).toHaveLength(1);
  });

  it('only a command that halted the queue is replaced', () => {
    const waiting = run(
      submit(invalidation),
      submit(fence),
      { kind: 'ReplaceHaltedCommand' },
      completion([0]),
    );
    expect(fences(waiting.events)).toBe(1);
  });

  it('only the flag that software names is cleared', () => {
    expect(
      run(submit({ op: 'illegal' }), clear('timeout'), clear('memoryFault')).state.commands.flags.illegal,
    ).toBe(true);
  });

  it('a full queue takes no command', () => {
    const many = Array.from({ length: 8 }, () => submit(response));
    const { events, state } = run(submit({ op: 'illegal' }), ...many);
    expect(ofKind(events, 'CommandRefused')).toHaveLength(2);
    expect(state.commands.waiting).toHaveLength(7);
  });
});

describe('R62 invalidations and fences', () => {
  it('a fence waits for all earlier invalidations', () => {
    const { events, state } = run(submit(invalidation), submit(invalidation), submit(fence), completion([1]));
    expect(fences(events)).toBe(0);
    expect(state.commands).toMatchObject({ fenceWaiting: true, tags: [{ deviceId: 16 }, null] });
    const all = run(
      submit(invalidation),
      submit(invalidation),
      submit(fence),
      completion([1]),
      completion([0]),
    );
    expect(ofKind(all.events, 'FenceWritten')).toEqual([{ kind: 'FenceWritten', slot: 0, data: 7 }]);
    expect(ofKind(all.events, 'FenceReleased')).toHaveLength(1);
    expect(all.state.commands).toMatchObject({ fenceWaiting: false, waiting: [] });
  });

  it('a fence orders accesses only if asked', () => {
    const asked = (orderReads: boolean, orderWrites: boolean) =>
      ofKind(run(submit({ ...fence, orderReads, orderWrites })).events, 'AccessesOrdered');
    expect(asked(false, false)).toEqual([]);
    expect(asked(true, false)).toEqual([{ kind: 'AccessesOrdered', reads: true, writes: false }]);
    expect(asked(false, true)).toEqual([{ kind: 'AccessesOrdered', reads: false, writes: true }]);
  });

  it('with all tags in use the next invalidation and all behind it wait', () => {
    const three = [submit(invalidation), submit(invalidation), submit({ ...invalidation, page: 9 })];
    const waiting = run(...three, submit(response));
    expect(sentTags(waiting.events)).toEqual([0, 1]);
    expect(ofKind(waiting.events, 'PrgResponseSent')).toEqual([]);
    expect(waiting.state.commands.untagged).toMatchObject({ page: 9 });
    const freed = run(...three, submit(response), completion([1]));
    expect(sentTags(freed.events)).toEqual([0, 1, 1]);
    expect(ofKind(freed.events, 'PrgResponseSent')).toHaveLength(1);
    expect(freed.state.commands.untagged).toBeNull();
  });

  it('an invalidation goes on waiting while a completion leaves its tag in use', () => {
    const three = [submit(invalidation), submit(invalidation), submit(invalidation)];
    expect(sentTags(run(...three, completion([0], 2)).events)).toEqual([0, 1]);
  });

  it('as many may wait as there are tags', () => {
    const hardware = testHardware('riscv', { invalidationTags: 3 });
    const four = Array.from({ length: 4 }, () => submit(invalidation));
    expect(sentTags(perform(hardware, ready, ...four).events)).toEqual([0, 1, 2]);
  });

  it('a timeout is reported by the next fence, which halts the queue and then completes', () => {
    const reported = run(submit(invalidation), submit(fence), expire(0), submit(response));
    expect(fences(reported.events)).toBe(0);
    expect(reported.state.commands).toMatchObject({ fenceWaiting: false, flags: { timeout: true } });
    expect(ofKind(reported.events, 'InterruptRaised')).toEqual([
      { kind: 'InterruptRaised', source: 'command' },
    ]);
    const cleared = run(submit(invalidation), submit(fence), expire(0), submit(response), clear('timeout'));
    expect(fences(cleared.events)).toBe(1);
    expect(ofKind(cleared.events, 'PrgResponseSent')).toHaveLength(1);
    expect(run(submit(invalidation), expire(0), submit(response)).state.commands.waiting).toEqual([]);
    expect(run(submit(invalidation), expire(0), submit(fence)).state.commands.flags.timeout).toBe(true);
  });

  it('a fence waits for the others before it reports a timeout', () => {
    const { state } = run(submit(invalidation), submit(invalidation), submit(fence), expire(0));
    expect(state.commands).toMatchObject({ fenceWaiting: true, flags: { timeout: false } });
  });

  it('a tag that timed out is free: it is used again, and its late completion is unexpected', () => {
    expect(results(run(submit(invalidation), expire(0), completion([0])).events)).toEqual(['unexpected']);
    const three = [submit(invalidation), submit(invalidation), submit(invalidation)];
    expect(sentTags(run(...three, expire(0, 1)).events)).toEqual([0, 1, 0]);
  });

  it('giving up on tags that are idle is reported too', () => {
    const { events, state } = run(expire(1), submit(fence));
    expect(ofKind(events, 'InvalidationsExpired')).toEqual([{ kind: 'InvalidationsExpired', tags: [] }]);
    expect(state.commands.flags.timeout).toBe(true);
  });

  it('a fence whose data cannot be written halts the queue until it is repaired', () => {
    const failure: HardwareCommand = {
      kind: 'InjectMemoryFailure',
      target: { at: 'fence-slot', slot: 0 },
      failure: 'corrupt',
    };
    const halted = run(failure, submit({ ...fence, orderReads: true }), submit({ ...fence, slot: 1 }));
    expect(fences(halted.events)).toBe(0);
    expect(ofKind(halted.events, 'AccessesOrdered')).toHaveLength(1);
    expect(halted.state.commands.flags).toEqual({ timeout: false, illegal: false, memoryFault: true });
    const repaired = run(failure, submit(fence), { kind: 'ClearInjectedFailures' }, clear('memoryFault'));
    expect(fences(repaired.events)).toBe(1);
  });
});

describe('R27 completions', () => {
  const two = [submit(invalidation), submit(invalidation)];

  it('of another function, for an idle tag, and for one there is not are unexpected and change nothing', () => {
    for (const wrong of [completion([0], 1, 17), completion([1]), completion([31])]) {
      const { events, state } = run(submit(invalidation), wrong);
      expect(results(events)).toEqual(['unexpected']);
      expect(state.commands.tags).toEqual([{ deviceId: 16, received: 0 }, null]);
    }
  });

  it('a tag is free when as many messages have come as the last one says', () => {
    const after = (...counts: number[]) => {
      const { events, state } = run(submit(invalidation), ...counts.map((count) => completion([0], count)));
      return [results(events).length, state.commands.tags[0] === null];
    };
    expect(after(3, 3)).toEqual([2, false]);
    expect(after(3, 3, 3)).toEqual([3, true]);
    expect(after(3, 1)).toEqual([2, false]);
    expect(after(3, 2)).toEqual([2, true]);
  });

  it('a count of 8 needs eight, and the counter has as many bits as the count', () => {
    const eights = (messages: number) => Array.from({ length: messages }, () => completion([0], 8));
    const isFree = (...commands: HardwareCommand[]) =>
      run(submit(invalidation), ...commands).state.commands.tags[0] === null;
    expect(isFree(...eights(7))).toBe(false);
    expect(isFree(...eights(8))).toBe(true);
    const late = Array.from({ length: 8 }, (_, i) => completion([0], i === 0 ? 2 : 1));
    expect(isFree(...late)).toBe(false);
    expect(isFree(...late, completion([0], 1))).toBe(true);
  });

  it('one message may name several tags', () => {
    const { events, state } = run(...two, submit(fence), completion([0, 1]));
    expect(results(events)).toEqual(['accepted']);
    expect(state.commands.tags).toEqual([null, null]);
    expect(fences(events)).toBe(1);
  });

  it('tags are taken from the lowest; the first unexpected one ends the message and nothing wakes up', () => {
    const waiting = [submit(invalidation), submit(fence)];
    const { events, state } = run(...waiting, completion([1, 0]));
    expect(results(events)).toEqual(['unexpected']);
    expect(state.commands).toMatchObject({ tags: [null, null], fenceWaiting: true });
    expect(fences(events)).toBe(0);
    const first = run(...two, submit(fence), completion([0]), completion([0, 1]));
    expect(first.state.commands.tags).toEqual([null, { deviceId: 16, received: 0 }]);
  });
});

describe('R25 the body of an invalidation', () => {
  const all = 0x7fff_ffff_ffff_f800n;
  it.each([
    ['one page', { page: 5, pages: 1 }, 0x5000n],
    ['the highest page', { page: 2 ** 52 - 1, pages: 1 }, 0xffff_ffff_ffff_f000n],
    ['8 KiB', { page: 4, pages: 2 }, 0x4800n],
    ['2 MiB', { page: 0x200, pages: 512 }, 0x2f_f800n],
    ['1 GiB', { page: 0x40000, pages: 512 * 512 }, 0x5fff_f800n],
    ['every page', { page: 0, pages: 0 }, all],
    ['every page of all PASIDs', { page: 7, pages: 0, global: true }, all | 1n],
    ['one page of all PASIDs', { page: 5, pages: 1, global: true }, 0x5001n],
    ['2 MiB of all PASIDs', { page: 0x200, pages: 512, global: true }, 0x2f_f801n],
  ])('%s', (_what, range, payload) => {
    expect(invalidationPayload({ ...invalidation, ...range })).toBe(payload);
  });
});
