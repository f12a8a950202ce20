import { NO_PASID, Permission } from '../kernel/vocabulary';
import type { TranslateCommand } from './commands';
import { canInvalidate, EVERY_MM } from './invalidate';
import { foldMm, reachPosition } from './iommu';
import { attachDevice, bound, LiveIommu, READ_WRITE, ready, testIommu } from './iommu.testkit';

const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;

function translate(page: number, overrides: Partial<TranslateCommand> = {}): TranslateCommand {
  return {
    kind: 'Translate',
    translation: 1,
    device: 1,
    pasid: 7,
    page,
    permissions: READ_WRITE,
    ...overrides,
  };
}

function install(live: LiveIommu, page: number, frame: number, permissions: number, mm = 7): void {
  foldMm(live.state, {
    kind: 'PageInstalled',
    mm,
    page,
    frame,
    permissions,
    cause: 'zero-fill',
    major: false,
    prefetched: false,
  });
}

function remove(live: LiveIommu, page: number, frame: number, mm = 7): void {
  foldMm(live.state, { kind: 'PageRemoved', mm, page, frame, cause: 'reclaim', swapped: true });
}

describe('translating', () => {
  it.each([
    ['a page that is not there', translate(1)],
    ['a PASID that is not bound', translate(5, { pasid: 99 })],
    ['no PASID, which is an address space of its own (R24)', translate(5, { pasid: NO_PASID })],
  ])('R2 %s is a success without permissions', (_name, command) => {
    const live = new LiveIommu();
    install(live, 5, 50, READ_WRITE);
    expect(live.send(command)).toMatchObject([
      { status: 'success', permissions: 0, frame: 0, iotlbHit: false },
    ]);
  });

  it('R3 a function without ATS is an unsupported request', () => {
    const live = new LiveIommu();
    expect(live.send(translate(5, { device: 42 }))).toMatchObject([{ status: 'unsupported-request' }]);
    expect(live.send(translate(5, { device: 3 }))).toMatchObject([{ status: 'unsupported-request' }]);
  });

  it.each([
    ['R4 fewer permissions than asked', READ, READ_WRITE, READ],
    ['R7 write also if not asked, since only dirty pages have it', READ_WRITE, READ, READ_WRITE],
    ['R5 execute only if asked', READ | EXECUTE, READ, READ],
    ['R5 execute if asked, allowed and readable', READ | EXECUTE, READ | EXECUTE, READ | EXECUTE],
    ['R5 execute-only pages cannot be expressed', EXECUTE, EXECUTE, 0],
    ['R5 asking for execute still returns the rest', READ_WRITE, READ | EXECUTE, READ_WRITE],
    ['R6 privilege is echoed', READ, READ | PRIVILEGED, READ | PRIVILEGED],
    ['R4 a write-only entry', WRITE, READ_WRITE, WRITE],
  ])('%s', (_name, exists, asked, granted) => {
    const live = new LiveIommu();
    install(live, 5, 50, exists);
    expect(live.send(translate(5, { permissions: asked }))).toMatchObject([
      { permissions: granted, frame: granted === 0 ? 0 : 50 },
    ]);
  });

  it('R125 a miss is not cached, and a cached entry with too little is walked again', () => {
    const live = new LiveIommu();
    live.send(translate(5));
    install(live, 5, 50, READ);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ, iotlbHit: false }]);
    install(live, 5, 50, READ_WRITE);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ_WRITE, iotlbHit: false }]);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ_WRITE, iotlbHit: true }]);
  });

  it('keeps the page table of an mm that nothing is bound to yet', () => {
    const live = new LiveIommu();
    install(live, 5, 50, READ, 80);
    live.send({ kind: 'BindPasid', device: 1, pasid: 8, mm: 80, shard: 0, generation: 1 });
    expect(live.send(translate(5, { pasid: 8, permissions: READ }))).toMatchObject([{ frame: 50 }]);
  });

  it('bounds the IOTLB: the oldest entry leaves', () => {
    const live = new LiveIommu();
    for (let page = 1; page <= 5; page += 1) {
      install(live, page, page, READ_WRITE);
      live.send(translate(page));
    }
    expect(live.send(translate(5))).toMatchObject([{ iotlbHit: true }]);
    expect(live.send(translate(1))).toMatchObject([{ iotlbHit: false }]);
  });
});

describe('invalidating', () => {
  const cached = (page: number, live = new LiveIommu()): LiveIommu => {
    install(live, page, 50, READ_WRITE);
    live.send(translate(page));
    remove(live, page, 50);
    return live;
  };

  it('D3 waits until the replica has folded the removal', () => {
    const live = cached(5);
    expect(canInvalidate(live.state, 1, 12)).toBe(false);
    reachPosition(live.state, 1, 12);
    expect(canInvalidate(live.state, 1, 12)).toBe(true);
  });

  it('I7 serves nothing from a mapping that was invalidated', () => {
    const live = cached(5);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ_WRITE, iotlbHit: true }]);
    const command = { kind: 'InvalidateIotlb', mm: 7, page: 4, pages: 2 } as const;
    expect(live.send(command)).toEqual([{ kind: 'IotlbInvalidated', mm: 7, page: 4, pages: 2 }]);
    expect(live.send(translate(5))).toMatchObject([{ permissions: 0 }]);
  });

  it.each([
    ['another mm', { mm: 80, page: 5, pages: 1 }, true],
    ['another page', { mm: 7, page: 6, pages: 1 }, true],
    ['every page', { mm: 7, page: 0, pages: 0 }, false],
    ['a range wider than the cache', { mm: 7, page: 0, pages: 1000 }, false],
    ['every mm', { mm: EVERY_MM, page: 5, pages: 1 }, false],
  ])('R25 scope: %s', (_name, range, hit) => {
    const live = cached(5, new LiveIommu(testIommu(), [...ready, bound(1, 8, { mm: 80 })]));
    live.send({ kind: 'InvalidateIotlb', ...range });
    expect(live.send(translate(5))).toMatchObject([{ iotlbHit: hit }]);
  });

  it('an entry that outlives a binding does not serve the next mm with that PASID', () => {
    const live = cached(5);
    live.send({ kind: 'ReplaceBinding', device: 1, pasid: 7, mm: 90, shard: 0, generation: 2 });
    expect(live.send(translate(5))).toMatchObject([{ permissions: 0 }]);
  });

  it('may be bound before it is attached', () => {
    const live = new LiveIommu(testIommu(), [bound(9, 7)]);
    install(live, 5, 50, READ);
    expect(live.send(translate(5, { device: 9 }))).toMatchObject([{ status: 'unsupported-request' }]);
    live.send(attachDevice(9));
    expect(live.send(translate(5, { device: 9 }))).toMatchObject([{ permissions: READ }]);
  });
});

describe('what the IOTLB takes up', () => {
  it('R24 R125 a page that grants nothing takes no place in it', () => {
    const live = new LiveIommu();
    for (const page of [1, 2, 3, 4]) {
      install(live, page, page, READ_WRITE);
      live.send(translate(page));
    }
    install(live, 5, 50, 0);
    expect(live.send(translate(5))).toMatchObject([{ status: 'success', permissions: 0, frame: 0 }]);
    expect(live.send(translate(1))).toMatchObject([{ iotlbHit: true }]);
  });

  it('R122 a hit is served from it until the page is invalidated, however often it is asked for', () => {
    const live = new LiveIommu();
    install(live, 5, 50, READ_WRITE);
    live.send(translate(5));
    install(live, 5, 60, READ_WRITE);
    for (let time = 1; time <= 2; time += 1)
      expect(live.send(translate(5))).toMatchObject([{ frame: 50, iotlbHit: true }]);
    live.send({ kind: 'InvalidateIotlb', mm: 7, page: 5, pages: 1 });
    expect(live.send(translate(5))).toMatchObject([{ frame: 60, iotlbHit: false }]);
  });
});
