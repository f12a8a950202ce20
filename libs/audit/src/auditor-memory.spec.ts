import { audit, failuresOf, insertAfter, rewrite } from './auditor.testkit';
import { GOOD, goodLog, install, LogBuilder } from './log.testkit';
import type { LoggedMessage } from './message';

const log = goodLog();
/** A message of the shard, or of the IOMMU, beside the good log's. */
const mm = (...events: Parameters<LogBuilder['mm']>): LoggedMessage[] =>
  new LogBuilder().mm(...events).messages;

describe('I6', () => {
  const after = (...events: Parameters<LogBuilder['mm']>) =>
    failuresOf(audit(insertAfter(log, GOOD.installed, ...mm(...events)))).I6;

  it('sees a page outside every area', () => {
    expect(after(install(500, 12, 'zero-fill', 3))).toEqual([
      'mm 1 page 500: a page is installed outside every area',
    ]);
  });

  it('sees a page that grants more than its area allows', () => {
    expect(after(install(110, 12, 'zero-fill', 7))).toEqual([
      'mm 1 page 110: the page grants rwx-, its area allows rw--',
    ]);
  });

  it('sees a writable zero page', () => {
    expect(after(install(110, 0, 'zero-page', 3))).toEqual([
      'mm 1 page 110: the shared zero page is installed writable',
    ]);
  });

  it('sees a private frame that is mapped twice', () => {
    expect(after(install(110, 11, 'zero-fill', 3))?.[0]).toBe(
      'frame 11: it is installed at mm 1 page 110, but another page shows it already',
    );
  });

  it('sees a frame that is used again before it was freed', () => {
    const early = rewrite(log, GOOD.freed, ([freed, installed]) =>
      freed && installed ? [installed, freed] : [],
    );
    expect(failuresOf(audit(early)).I6?.[0]).toBe(
      'frame 11: it is installed at mm 1 page 103 before it was freed: old translations to it may be left',
    );
  });

  it('sees a frame that is freed while it is mapped, and one that is freed twice', () => {
    expect(after({ kind: 'FrameFreed', frame: 11, mm: 1, page: 102 })?.[0]).toBe(
      'frame 11: it is freed, but a page still shows it',
    );
    expect(after({ kind: 'FrameFreed', frame: 60, mm: 1, page: 102 })).toEqual([
      'frame 60: it is freed, but is free',
    ]);
  });

  it('sees an entry that is overwritten', () => {
    expect(after(install(102, 12, 'zero-fill', 3))?.[0]).toBe(
      'mm 1 page 102: frame 12 is installed over frame 11, which was not removed',
    );
  });

  it('sees a removal of what is not there', () => {
    expect(
      after({ kind: 'PageRemoved', mm: 1, page: 102, frame: 12, cause: 'unmap', swapped: false }),
    ).toEqual(['mm 1 page 102: frame 12 is removed from it, but the page shows frame 11']);
  });

  it('sees a private frame that nothing shows any more and that is not freed', () => {
    const kept = rewrite(log, GOOD.freed, () => [{ kind: 'PageInvalidated', mm: 1, page: 102, frame: 11 }]);
    expect(failuresOf(audit(kept)).I6).toEqual([
      'frame 11: no page shows it and no invalidation is under way, but it is not freed',
    ]);
  });

  it('sees an area that goes while its pages stay', () => {
    expect(after({ kind: 'VmaUnmapped', mm: 1, start: 100, end: 200 })?.[0]).toMatch(/still installed$/);
  });

  it('lets page cache pages be in many entries, and idle', () => {
    const file = {
      kind: 'VmaMapped',
      mm: 1,
      start: 300,
      end: 310,
      permissions: 1,
      backing: 'file-shared',
      file: 1,
      filePage: 0,
    } as const;
    const shared = [install(300, 50, 'file', 1), install(301, 50, 'file', 1)];
    const removed = {
      kind: 'PageRemoved',
      mm: 1,
      page: 300,
      frame: 50,
      cause: 'reclaim',
      swapped: false,
    } as const;
    expect(
      after(
        file,
        ...shared,
        removed,
        { ...removed, page: 301 },
        { kind: 'FrameFreed', frame: 50, mm: 1, page: 301 },
      )?.[0],
    ).toBe('frame 50: it is freed, but an invalidation of it is still under way');
    expect(after(file, ...shared, { kind: 'FrameFreed', frame: 50, mm: 1, page: 300 })?.[0]).toBe(
      'frame 50: it is freed, but a page still shows it',
    );
    expect(after(file, ...shared)).toBeUndefined();
  });
});

describe('I7', () => {
  it('sees an entry that is written before the invalidation of the one before is complete', () => {
    const removed = {
      kind: 'PageRemoved',
      mm: 1,
      page: 101,
      frame: 0,
      cause: 'copy-on-write',
      swapped: false,
    } as const;
    const early = insertAfter(log, GOOD.installed, ...mm(removed, install(101, 12, 'copy-on-write', 3)));
    expect(failuresOf(audit(early)).I7).toEqual([
      'mm 1 page 101: it is installed before the invalidation of its old entry is complete',
    ]);
  });
});
