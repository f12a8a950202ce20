import { Listing } from './listing';
import { plainView } from './plain-view';

const all = { path: '', offset: 0, limit: 100 };
const state = {
  name: 'unit',
  big: 2n ** 60n,
  none: undefined,
  devices: new Map([
    [3, { tags: new Set([1, 2]), 'a/b~c': 'escaped' }],
    [1, { tags: new Set<number>(), 'a/b~c': 'too' }],
  ]),
  pages: new Listing(1_000_000, function* () {
    for (let page = 0; ; page += 1) yield [page, { frame: page * 2 }] as const;
  }),
  counts: Uint8Array.from([7, 8, 9]),
};

it('shows Maps as objects, Sets and typed arrays as lists, and says what it cut', () => {
  const { state: shown, cut } = plainView(state, { ...all, limit: 2 });
  expect(shown).toEqual({
    ...{ name: 'unit', big: String(2n ** 60n), none: null },
    devices: { 1: { tags: [], 'a/b~c': 'too' }, 3: { tags: [1, 2], 'a/b~c': 'escaped' } },
    pages: { 0: { frame: 0 }, 1: { frame: 2 } },
    counts: [7, 8],
  });
  expect(cut).toEqual([
    { path: '/pages', size: 1_000_000, offset: 0, shown: 2 },
    { path: '/counts', size: 3, offset: 0, shown: 2 },
  ]);
  expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
});

it('goes to a part by its path, and on from any entry of it', () => {
  const at = (path: string, offset = 0, limit = 2) => plainView(state, { path, offset, limit });
  expect(at('/devices/3/a~1b~0c').state).toBe('escaped');
  expect(at('/pages', 999).state).toEqual({ 999: { frame: 1998 }, 1000: { frame: 2000 } });
  expect(at('/pages/5/frame').state).toBe(10);
  expect(at('/counts', 2)).toEqual({ state: [9], cut: [{ path: '/counts', size: 3, offset: 2, shown: 1 }] });
  expect(at('/counts', 9)).toEqual({ state: [], cut: [{ path: '/counts', size: 3, offset: 9, shown: 0 }] });
});

it.each(['/nothing', '/devices/2', '/devices/__proto__', '/name/length', '/counts/7', '/'])(
  'has nothing at %s',
  (path) => {
    expect(() => plainView(state, { ...all, path })).toThrow(`there is nothing at '${path}' in this state`);
  },
);

it('stops at so many values, however they are nested', () => {
  const row = new Map(Array.from({ length: 1_000 }, (_, key) => [key, key]));
  const table = new Map(Array.from({ length: 1_000 }, (_, key) => [key, row]));
  const { state: shown, cut } = plainView({ table, after: [1, 2] }, { ...all, limit: 1_000 });
  expect(JSON.stringify(shown).length).toBeLessThan(400_000);
  expect(shown).toMatchObject({ after: [] });
  expect(cut.at(-1)).toEqual({ path: '/after', size: 2, offset: 0, shown: 0 });
});
