import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bool,
  layout,
  list,
  oneOf,
  record,
  type RecordLayout,
  type SchemaDefinition,
  u16,
  u32,
} from '@faultline/contracts';
import { allSchemas, changesOf, layoutsOf, type PinnedLayouts } from './layouts';
import { released } from './released';

const FILE = join(__dirname, 'layouts.json');

describe('layouts on the wire', () => {
  it('are those that were pinned: what a released version wrote is read for ever', () => {
    const changes = (): ReturnType<typeof changesOf> =>
      changesOf(JSON.parse(readFileSync(FILE, 'utf8')) as PinnedLayouts, allSchemas(), released().schemas);
    const mayBePinned = changes().every((change) => change.mayBePinned);
    if (process.env['UPDATE_LAYOUTS'] === '1' && mayBePinned)
      writeFileSync(FILE, `${JSON.stringify(layoutsOf(allSchemas()), null, 1)}\n`);
    expect(changes().map(({ complaint }) => complaint)).toEqual([]);
  });

  it('of every schema of the log and of the lanes are looked at', () => {
    const names = allSchemas().map(({ name }) => name);
    expect(names.sort()).toEqual([
      'cmd.handle',
      'cmd.invalidate',
      'cmd.page-request',
      'cmd.stop',
      'cmd.translate',
      'iommu.hw',
      'iommu.queue',
      'iopf',
      'lab',
      'mm',
      'segment',
    ]);
  });
});

describe('a change of a layout', () => {
  interface Sent {
    kind: 'Sent';
    page: number;
    colour: string;
    parts: { size: number }[];
  }
  const sent = (
    change: Partial<Record<keyof Sent, never>> & { tag?: number; fields?: RecordLayout['fields'] } = {},
  ): RecordLayout => ({
    ...record<Sent>('Sent', 1, {
      page: u32,
      colour: oneOf(['red', 'green']),
      parts: list(layout<{ size: number }>({ size: u16 })),
    }),
    ...change,
  });
  const other = record<{ kind: 'Other'; flag: boolean }>('Other', 2, { flag: bool });
  const schema = (
    records: readonly RecordLayout[],
    more: Partial<SchemaDefinition> = {},
  ): SchemaDefinition => ({
    name: 's',
    versions: { 1: records },
    ...more,
  });
  const pinned = layoutsOf([schema([sent()])]);
  const complaints = (definition: SchemaDefinition, isReleased: boolean): [string[], boolean[]] => {
    const changes = changesOf(pinned, [definition], isReleased ? { s: 1 } : {});
    return [changes.map(({ complaint }) => complaint), changes.map(({ mayBePinned }) => mayBePinned)];
  };
  const fields = sent().fields;

  it.each<[string, RecordLayout[], RegExp]>([
    [
      'another tag',
      [sent({ tag: 9 })],
      /record Sent of schema s, version 1, has changed: its tag was 1, is 9/,
    ],
    [
      'another type',
      [sent({ fields: [['page', u16], ...fields.slice(1)] })],
      /field page: its type was "u32", is "u16"/,
    ],
    ['another order', [sent({ fields: [...fields].reverse() })], /field 1 was page, is parts/],
    ['a field more', [sent({ fields: [...fields, ['more', bool]] })], /field 4 was nothing, is more/],
    ['a field less', [sent({ fields: fields.slice(0, 2) })], /field 3 was parts, is nothing/],
    [
      'words that moved',
      [sent({ fields: [fields[0]!, ['colour', oneOf(['green', 'red'])], fields[2]!] })],
      /field colour: word 1 of its list was 'red', is 'green'/,
    ],
    [
      'a change inside a list',
      [sent({ fields: [...fields.slice(0, 2), ['parts', list(layout<{ size: number }>({ size: u32 }))]] })],
      /field parts: field size: its type was "u16"/,
    ],
    ['a record less', [], /record Sent of schema s, version 1, is gone/],
    ['a record more', [sent(), other], /record Other of schema s, version 1, is new/],
  ])('%s', (_what, records, complaint) => {
    const [unreleased, mayBePinned] = complaints(schema(records), false);
    expect(unreleased).toEqual([expect.stringMatching(complaint)]);
    expect(unreleased[0]).toContain('UPDATE_LAYOUTS=1');
    expect(mayBePinned).toEqual([true]);
    const [afterRelease, mayStillBePinned] = complaints(schema(records), true);
    expect(afterRelease).toEqual([expect.stringMatching(complaint)]);
    expect(afterRelease[0]).toMatch(
      /was released, .*: leave it as it was, write version 2 of schema s with the change, and upcaster 1 from it/,
    );
    expect(mayStillBePinned).toEqual([false]);
  });

  it('more words at the end of a list change no message there is', () => {
    const longer = sent({ fields: [fields[0]!, ['colour', oneOf(['red', 'green', 'blue'])], fields[2]!] });
    expect(complaints(schema([longer]), true)).toEqual([
      [expect.stringMatching(/has more words in a list/)],
      [true],
    ]);
  });

  it('goes into a new version, which is pinned with what it adds', () => {
    const versions = { 1: [sent()], 2: [sent(), other] };
    const [[isNew, another], mayBePinned] = complaints(schema([], { versions }), true);
    expect([isNew, another]).toEqual([
      expect.stringMatching(/record Sent of schema s, version 2, is new: UPDATE_LAYOUTS/),
      expect.stringMatching(/record Other of schema s, version 2, is new: UPDATE_LAYOUTS/),
    ]);
    expect(mayBePinned).toEqual([true, true]);
  });
});
