import * as fc from 'fast-check';
import { MAX_PASID, NO_PASID, Permission, formatPermissions } from '../kernel/vocabulary';
import { NO_TIME, TraceLineError, type TraceAccess, type TraceLine } from './access';
import { TraceCollapser, type TraceRun } from './collapse';
import { parseCsvLine } from './csv';
import { detectTraceFormat } from './format';
import { parseLackeyLine } from './lackey';
import { pageRanges } from './page-ranges';
import { parsePerfLine } from './perf';
import { parsePrqLine } from './prq';

const address64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const pageOf = (address: bigint): number => Number(address >> 12n);
const offsetOf = (address: bigint): number => Number(address & 0xfffn);

function anAccess(changes: Partial<TraceAccess> = {}): TraceAccess {
  return {
    device: 0,
    pasid: NO_PASID,
    page: 1,
    offset: 0,
    pages: 1,
    permissions: Permission.READ,
    atMicros: NO_TIME,
    ...changes,
  };
}

function expectError(result: TraceLine, line: number, found: string, expected: RegExp): void {
  expect(result).toBeInstanceOf(TraceLineError);
  expect(result).toMatchObject({ line, found, expected: expect.stringMatching(expected) });
}

describe('lackey', () => {
  it.each([
    ['I  04001000,3', { page: 0x4001, offset: 0, permissions: Permission.EXECUTE }],
    [' L 1ffeffe7e0,8', { page: 0x1ffeffe, offset: 0x7e0, permissions: Permission.READ }],
    [' S 1fff000698,8', { page: 0x1fff000, offset: 0x698, permissions: Permission.WRITE }],
    [' M 0421c7cc,4', { page: 0x421c, offset: 0x7cc, permissions: Permission.READ | Permission.WRITE }],
    [' L fffffffffffff000,4096', { page: 2 ** 52 - 1, offset: 0, permissions: Permission.READ }],
    [' S 00000fff,2', { page: 0, offset: 0xfff, pages: 2, permissions: Permission.WRITE }],
    [' L ff,1', { page: 0, offset: 0xff }],
  ])('reads %s', (line, expected) => {
    expect(parseLackeyLine(line, 1)).toEqual(anAccess(expected));
  });

  it.each(['==7185== Lackey, an example Valgrind tool', '', '--7185-- REDIR', '**7185** note'])(
    'skips %p',
    (line) => {
      expect(parseLackeyLine(line, 1)).toBe('skip');
    },
  );

  it.each([
    'I 04001000,3',
    ' X 04001000,3',
    ' L 04001000',
    ' L 0400100g,8',
    ' L 04001000,',
    ' L 04001000,0',
    ' L 04001000,x',
    ' L 1ffffffffffffffff,8',
    ' L ,8',
    'hello',
  ])('refuses %p', (line) => {
    expectError(parseLackeyLine(line, 12), 12, line, /lackey line/);
  });

  it('refuses an access past the last address, and quotes long lines in part', () => {
    expectError(parseLackeyLine(' L ffffffffffffffff,2', 3), 3, ' L ffffffffffffffff,2', /2\^64/);
    expect(parseLackeyLine('y'.repeat(5000), 1)).toMatchObject({ found: `${'y'.repeat(80)}...` });
  });

  it('round trip: whatever lackey prints comes back', () => {
    const kinds = fc.constantFrom<[string, number]>(['I ', 4], [' L', 1], [' S', 2], [' M', 3]);
    fc.assert(
      fc.property(
        kinds,
        address64,
        fc.integer({ min: 1, max: 64 }),
        ([letter, permissions], address, bytes) => {
          fc.pre(address + BigInt(bytes) <= 2n ** 64n);
          const last = address + BigInt(bytes) - 1n;
          const pages = pageOf(last) - pageOf(address) + 1;
          expect(parseLackeyLine(`${letter} ${address.toString(16).padStart(8, '0')},${bytes}`, 1)).toEqual(
            anAccess({ page: pageOf(address), offset: offsetOf(address), pages, permissions }),
          );
        },
      ),
    );
  });
});

describe('page requests traced by Linux', () => {
  const line =
    '  irq/38-dmar1-prq-512     [012] .....   71.123456: prq_report: dmar1/0000:6a:01.0 seq# 160: rid=0x6a08 addr=0x7f21c rw--l pasid=0x2 index=0x4c';

  it('reads a request; the address in it is a page', () => {
    expect(parsePrqLine(line, 1)).toEqual(
      anAccess({ device: 0x6a08, pasid: 2, page: 0x7f21c, permissions: 3, atMicros: 71_123_456 }),
    );
  });

  it('reads the payload alone, without a time', () => {
    expect(parsePrqLine('rid=0x50 addr=0x559ef6f97 r---- pasid=0x2 index=0x1', 1)).toEqual(
      anAccess({ device: 0x50, pasid: 2, page: 0x559ef6f97 }),
    );
  });

  it('R23 skips a stop marker', () => {
    expect(parsePrqLine(line.replace('rw--l', '----l'), 1)).toBe('skip');
  });

  it.each([
    '# tracer: nop',
    '',
    ' private=0x12/0x0',
    '  <idle>-0  [001] d.h1.  71.2: qi_submit: dmar1: iotlb_inv',
    'CPU:3 [LOST 12 EVENTS]',
  ])('skips %p', (other) => {
    expect(parsePrqLine(other, 1)).toBe('skip');
  });

  it('refuses a request that is cut, with its line', () => {
    const cut = line.slice(0, -20);
    expectError(parsePrqLine(cut, 7), 7, `${cut.slice(0, 80)}...`, /page request such as/);
    expectError(parsePrqLine('nonsense', 8), 8, 'nonsense', /page request such as/);
    expectError(
      parsePrqLine('rid=0x1ffff addr=0x1 r---- pasid=0x2 index=0x1', 9),
      9,
      'rid=0x1ffff addr=0x1 r---- pasid=0x2 index=0x1',
      /16 bits/,
    );
  });

  it('round trip: the format of the kernel comes back', () => {
    const request = fc.record({
      device: fc.nat({ max: 0xffff }),
      pasid: fc.nat({ max: MAX_PASID }),
      page: address64.map(pageOf),
      permissions: fc.integer({ min: 1, max: 15 }).filter((bits) => (bits & 3) !== 0),
      atMicros: fc.nat(),
    });
    fc.assert(
      fc.property(request, fc.boolean(), ({ device, pasid, page, permissions, atMicros }, last) => {
        const hex = (value: number) => `0x${value.toString(16)}`;
        const stamp = `${Math.floor(atMicros / 1e6)}.${String(atMicros % 1e6).padStart(6, '0')}`;
        const payload = `rid=${hex(device)} addr=${hex(page)} ${formatPermissions(permissions)}${last ? 'l' : '-'} pasid=${hex(pasid)} index=0x1`;
        expect(
          parsePrqLine(
            `irq/1-prq-9 [000] ..... ${stamp}: prq_report: dmar0/0000:00:0a.0 seq# 1: ${payload}`,
            1,
          ),
        ).toEqual(anAccess({ device, pasid, page, permissions, atMicros }));
      }),
    );
  });
});

describe('perf script', () => {
  const fault = anAccess({ pasid: 4711, page: 0x7f12a4c0b, offset: 0x10 });

  it.each([
    [
      'sort  4711 [002] 12.345678:          1 page-faults:u:     7f12a4c0b010     55d0c1e2a000 main+0x10 (/usr/bin/sort)',
      12_345_678,
    ],
    ['python3 4711 10966.398011:          1      page-faults:u:      7f12a4c0b010', 10_966_398_011],
    ['    sort 4711/4712 [000]    12.345678: page-faults: 7f12a4c0b010 [unknown] ([unknown])', 12_345_678],
    ['Web Content 4711 12.345678: faults:u: 7f12a4c0b010', 12_345_678],
    ['sort 4711 major-faults: 7f12a4c0b010', NO_TIME],
    ['4711 12.345678912: 1 minor-faults:k: 0x7f12a4c0b010', 12_345_678.912],
  ])('reads %p', (line, atMicros) => {
    expect(parsePerfLine(line, 1)).toEqual({ ...fault, atMicros });
  });

  it('takes a fault on the page of its instruction for a fetch', () => {
    expect(
      parsePerfLine('sort 4711 1.000000: 1 page-faults: 7f12a4c0b010 7f12a4c0b010 main', 1),
    ).toMatchObject({ permissions: Permission.EXECUTE });
  });

  it.each([
    ['0x4', Permission.READ],
    ['0x6', Permission.WRITE],
    ['0x14', Permission.EXECUTE],
  ])('reads the tracepoint with error code %s', (code, permissions) => {
    const line = `sort 4711 [001] 5.000001: exceptions:page_fault_user: address=0x7f12a4c0b010 ip=0x55d0c1e2a000 error_code=${code}`;
    expect(parsePerfLine(line, 1)).toEqual({ ...fault, permissions, atMicros: 5_000_001 });
  });

  it.each(['', '# captured on', '\t    7f12a4c0b010 main+0x10 (/usr/bin/sort)'])('skips %p', (line) => {
    expect(parsePerfLine(line, 1)).toBe('skip');
  });

  it.each(['sort 4711 12.345678: 1 page-faults:u: main+0x10', 'hello'])('refuses %p', (line) => {
    expectError(parsePerfLine(line, 4), 4, line, /sample with an address/);
  });

  it('round trip: samples in the default shape come back', () => {
    const comm = fc.constantFrom('sort', 'Web Content', 'kworker/0:1', 'a-b_c');
    fc.assert(
      fc.property(comm, fc.nat({ max: 4_194_304 }), address64, fc.nat(), (name, pid, address, atMicros) => {
        const stamp = `${Math.floor(atMicros / 1e6)}.${String(atMicros % 1e6).padStart(6, '0')}`;
        const line = `${name.padStart(16)} ${String(pid).padStart(5)} [003] ${stamp}: ${'1'.padStart(10)} page-faults:u: ${address.toString(16).padStart(16)}`;
        expect(parsePerfLine(line, 1)).toEqual(
          anAccess({ pasid: pid, page: pageOf(address), offset: offsetOf(address), atMicros }),
        );
      }),
    );
  });
});

describe('csv', () => {
  it('reads a line with and without a time, and no PASID', () => {
    expect(parseCsvLine('3,17,0x7f21c008,rw,125.5', 2)).toEqual(
      anAccess({ device: 3, pasid: 17, page: 0x7f21c, offset: 8, permissions: 3, atMicros: 125.5 }),
    );
    expect(parseCsvLine(' 0x6a08 , - , 0x1000 , r-x ', 2)).toEqual(
      anAccess({ device: 0x6a08, page: 1, permissions: 5 }),
    );
  });

  it('skips a header in the first line only, comments and empty lines', () => {
    expect(parseCsvLine('device,pasid,address,permissions', 1)).toBe('skip');
    expect(parseCsvLine('# note', 9)).toBe('skip');
    expect(parseCsvLine('', 9)).toBe('skip');
    expectError(
      parseCsvLine('device,pasid,address,permissions', 2),
      2,
      'device,pasid,address,permissions',
      /device number in the first/,
    );
  });

  it.each([
    ['1,2', /device,pasid,address/],
    ['1,2,0x1000,r,5,6', /device,pasid,address/],
    ['x,2,0x1000,r', /first column/],
    ['1,1048576,0x1000,r', /second column/],
    ['1,2,1000,r', /third column/],
    ['1,2,0x1000,z', /fourth column/],
    ['1,2,0x1000,', /fourth column/],
    ['1,2,0x1000,r,soon', /fifth column/],
  ])('refuses %p', (line, expected) => {
    expectError(parseCsvLine(line, 5), 5, line, expected);
  });

  it('round trip', () => {
    const pasids = fc.option(fc.nat({ max: MAX_PASID }), { nil: NO_PASID });
    fc.assert(
      fc.property(
        fc.nat(),
        pasids,
        address64,
        fc.nat({ max: 15 }),
        fc.option(fc.nat()),
        (device, pasid, address, permissions, time) => {
          const cells = [
            device,
            pasid === NO_PASID ? '-' : pasid,
            `0x${address.toString(16)}`,
            formatPermissions(permissions),
            ...(time === null ? [] : [time]),
          ];
          expect(parseCsvLine(cells.join(','), 1)).toEqual(
            anAccess({
              device,
              pasid,
              page: pageOf(address),
              offset: offsetOf(address),
              permissions,
              atMicros: time ?? NO_TIME,
            }),
          );
        },
      ),
    );
  });
});

describe('detecting a format', () => {
  it.each([
    ['lackey', ['==1== Lackey', 'I  04001000,3', ' L 1ffeffe7e0,8']],
    ['prq', ['# tracer: nop', 'rid=0x50 addr=0x559ef6f97 r---- pasid=0x2 index=0x1']],
    ['perf', ['# perf', 'sort 4711 1.000000: 1 page-faults: 7f12a4c0b010']],
    ['csv', ['device,pasid,address,permissions', '1,2,0x1000,r']],
  ])('finds %s, also with a bad line among the good', (format, lines) => {
    expect(detectTraceFormat(lines)).toBe(format);
    expect(detectTraceFormat([...lines, lines.at(-1)!, '!?'])).toBe(format);
  });

  it('finds none in something else', () => {
    expect(detectTraceFormat(['hello', 'world'])).toBeUndefined();
    expect(detectTraceFormat([])).toBeUndefined();
  });
});

function collapse(accesses: readonly TraceAccess[]): TraceRun[] {
  const collapser = new TraceCollapser();
  const runs: TraceRun[] = [];
  for (const access of accesses) collapser.push(access, runs);
  collapser.finish(runs);
  return runs;
}

describe('collapsing', () => {
  it('merges consecutive accesses of a device to a page and unites their permissions', () => {
    const runs = collapse([
      anAccess({ page: 1, offset: 4, atMicros: 10 }),
      anAccess({ page: 1, permissions: Permission.WRITE, atMicros: 11 }),
      anAccess({ device: 2, page: 1 }),
      anAccess({ page: 1 }),
      anAccess({ page: 2 }),
      anAccess({ page: 1, pasid: 5 }),
    ]);
    expect(
      runs.map(({ device, pasid, page, permissions, count }) => [device, pasid, page, permissions, count]),
    ).toEqual([
      [0, NO_PASID, 1, 3, 3],
      [0, NO_PASID, 2, 1, 1],
      [0, 5, 1, 1, 1],
      [2, NO_PASID, 1, 1, 1],
    ]);
    expect(runs[0]).toMatchObject({ offset: 4, atMicros: 10 });
  });

  it('counts an access that crosses a page for both pages', () => {
    expect(collapse([anAccess({ page: 8, offset: 4090, pages: 2 })])).toMatchObject([
      { page: 8, offset: 4090, count: 1 },
      { page: 9, offset: 0, count: 1 },
    ]);
  });

  it('loses and reorders nothing within a device', () => {
    const access = fc.record({
      device: fc.nat({ max: 2 }),
      page: fc.nat({ max: 3 }),
      pages: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(access), (accesses) => {
        const runs = collapse(accesses.map((changes) => anAccess(changes)));
        for (const device of [0, 1, 2]) {
          const touched = accesses.flatMap((one) =>
            one.device !== device ? [] : one.pages === 2 ? [one.page, one.page + 1] : [one.page],
          );
          const mine = runs.filter((run) => run.device === device);
          expect(mine.flatMap((run) => new Array<number>(run.count).fill(run.page))).toEqual(touched);
          for (const [at, run] of mine.entries()) expect(run.page).not.toBe(mine[at + 1]?.page);
        }
      }),
    );
  });
});

describe('page ranges of a trace', () => {
  it('joins pages nearer than the gap and unites their permissions', () => {
    const pages: [number, number][] = [
      [10, 4],
      [12, 1],
      [11, 1],
      [15, 2],
      [10, 1],
      [2 ** 40, 3],
    ];
    expect(pageRanges(pages, 1)).toEqual([
      { start: 10, end: 13, permissions: 5 },
      { start: 15, end: 16, permissions: 2 },
      { start: 2 ** 40, end: 2 ** 40 + 1, permissions: 3 },
    ]);
    expect(pageRanges(pages, 3)).toMatchObject([{ start: 10, end: 16, permissions: 7 }, { start: 2 ** 40 }]);
    expect(pageRanges([], 8)).toEqual([]);
  });

  it('covers every page, with ranges apart by at least the gap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 7 }))),
        fc.integer({ min: 1, max: 5 }),
        (pages, gap) => {
          const ranges = pageRanges(pages, gap);
          for (const [page, permissions] of pages) {
            const range = ranges.find(({ start, end }) => page >= start && page < end);
            expect((range?.permissions ?? 0) & permissions).toBe(permissions);
          }
          for (const [at, { end }] of ranges.entries())
            expect((ranges[at + 1]?.start ?? Infinity) - end).toBeGreaterThanOrEqual(gap);
        },
      ),
    );
  });
});
