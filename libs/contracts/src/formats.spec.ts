import { FORMATS, NEWEST_FORMAT, writeFormat } from './formats';
import { mmSchema } from './schemas';
import { FAULTLINE_VERSION } from './version';

afterEach(() => writeFormat(NEWEST_FORMAT));

describe('the formats of the releases', () => {
  it('end with what is written now: who changes a schema, or a state, adds a format', () => {
    expect(FORMATS.at(-1)).toEqual(NEWEST_FORMAT);
  });

  it('begin at or before this version, and have every schema', () => {
    expect(FORMATS.map(({ release }) => release)).toContain(
      FORMATS.length === 1 ? FAULTLINE_VERSION : '0.1.0',
    );
    for (const { schemas } of FORMATS)
      for (const [name, version] of Object.entries(schemas))
        expect([name, version <= (NEWEST_FORMAT.schemas[name] ?? 0)]).toEqual([name, true]);
  });

  it.each(FORMATS.map((format) => [format.release, format] as const))(
    'of %s can be written',
    (_release, format) => {
      writeFormat(format);
      expect(mmSchema.version).toBe(format.schemas['mm']);
    },
  );
});
