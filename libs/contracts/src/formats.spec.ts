import { type Format, formatOf, FORMATS, NEWEST_FORMAT, writeFormat } from './formats';
import { mmSchema } from './schemas';
import { FAULTLINE_VERSION } from './version';

afterEach(() => writeFormat(NEWEST_FORMAT));

describe('the formats of the releases', () => {
  it('end with what is written now: who changes a schema, or a state, adds a format', () => {
    expect(FORMATS.at(-1)).toEqual(NEWEST_FORMAT);
  });

  it('begin with the first release, end at or before this one, and have every schema', () => {
    expect(FORMATS[0]?.release).toBe('0.1.0');
    for (const format of FORMATS) expect(formatOf(format.release)).toBe(format);
    expect(formatOf(FAULTLINE_VERSION)).toBe(FORMATS.at(-1));
    for (const { schemas } of FORMATS)
      for (const [name, version] of Object.entries(schemas))
        expect([name, version <= (NEWEST_FORMAT.schemas[name] ?? 0)]).toEqual([name, true]);
  });

  it('are those of every release: one that wrote nothing new has the format of the one before', () => {
    const [first] = FORMATS;
    if (!first) throw new Error('there is no format');
    const formats: Format[] = ['0.1.0', '0.2.0', '0.10.0'].map((release) => ({ ...first, release }));
    const at = (release: string): string | undefined =>
      formatOf(release, { formats, version: '0.10.3' })?.release;
    expect(['0.1.0', '0.1.7', '0.2.0', '0.9.9', '0.10.0', '0.10.3'].map(at)).toEqual([
      '0.1.0',
      '0.1.0',
      '0.2.0',
      '0.2.0',
      '0.10.0',
      '0.10.0',
    ]);
    expect(['0.0.9', '0.10.4', '1.0.0', '0.2', 'newest', ''].map(at)).toEqual(Array(6).fill(undefined));
  });

  it.each(FORMATS.map((format) => [format.release, format] as const))(
    'of %s can be written',
    (_release, format) => {
      writeFormat(format);
      expect(mmSchema.version).toBe(format.schemas['mm']);
    },
  );
});
