import fc from 'fast-check';
import { MAX_PAGE, MAX_PASID, NO_PASID } from '@faultline/domain';
import {
  bool,
  DecodeError,
  EncodeError,
  f64,
  FieldOutOfRange,
  i32,
  json,
  layout,
  list,
  micros,
  offset,
  oneOf,
  page,
  pasid,
  record,
  Schema,
  type SchemaDefinition,
  type Tagged,
  text,
  u16,
  u32,
  u8,
  UnknownSchema,
} from '.';

interface Inner {
  name: string;
  page: number;
}

interface Everything {
  kind: 'Everything';
  small: number;
  word: number;
  long: number;
  signed: number;
  real: number;
  flag: boolean;
  pasid: number;
  page: number;
  offset: number;
  at: number;
  colour: 'red' | 'green';
  label: string;
  inner: Inner[];
  free: unknown;
  last: number;
}

const schema = new Schema<Everything>({
  name: 'test',
  versions: {
    1: [
      record<Everything>('Everything', 7, {
        small: u8,
        word: u16,
        long: u32,
        signed: i32,
        real: f64,
        flag: bool,
        pasid,
        page,
        offset,
        at: micros,
        colour: oneOf(['red', 'green']),
        label: text,
        inner: list(layout<Inner>({ name: text, page })),
        free: json,
        last: u32,
      }),
    ],
  },
});

const pages = fc
  .integer({ min: 0, max: 0xffff_ffff })
  .chain((low) => fc.integer({ min: 0, max: 0xf_ffff }).map((high) => high * 2 ** 32 + low));
const everything: fc.Arbitrary<Everything> = fc.record(
  {
    kind: fc.constant('Everything' as const),
    small: fc.integer({ min: 0, max: 255 }),
    word: fc.integer({ min: 0, max: 65_535 }),
    long: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    signed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    real: fc.double({ noNaN: true }),
    flag: fc.boolean(),
    pasid: fc.oneof(fc.constant(NO_PASID), fc.integer({ min: 0, max: MAX_PASID })),
    page: pages,
    offset: fc.integer({ min: 0, max: 4095 }),
    at: fc.double({ min: 0, max: 8e15, noNaN: true }),
    colour: fc.constantFrom('red' as const, 'green' as const),
    label: fc.string({ unit: 'grapheme', maxLength: 20 }),
    inner: fc.array(
      fc.record({ name: fc.string({ maxLength: 60 }), page: pages }, { noNullPrototype: true }),
      { maxLength: 40 },
    ),
    free: fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    last: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  },
  { noNullPrototype: true },
);

describe('Schema', () => {
  it('decodes what it encoded, for any records', () => {
    fc.assert(
      fc.property(fc.array(everything, { maxLength: 30 }), (records) => {
        expect(schema.decode(schema.encode(records))).toEqual(records);
      }),
    );
  });

  it('refuses every body that was cut short, and every body with bytes too many', () => {
    fc.assert(
      fc.property(fc.array(everything, { minLength: 1, maxLength: 3 }), fc.nat(), (records, cut) => {
        const body = schema.encode(records);
        expect(() => schema.decode(body.subarray(0, cut % body.length))).toThrow(DecodeError);
        expect(() => schema.decode(Uint8Array.from([...body, 0]))).toThrow(/1 bytes are left/);
      }),
    );
  });

  describe('where bodies are written', () => {
    type Row = { kind: 'Names'; names: { name: string }[] } | { kind: 'Mark' };
    const layouts = [
      record<Extract<Row, { kind: 'Names' }>>('Names', 1, {
        names: list(layout<{ name: string }>({ name: text })),
      }),
      record<Extract<Row, { kind: 'Mark' }>>('Mark', 2, {}),
    ];
    const rows = new Schema<Row>({ name: 'rows', versions: { 1: layouts } });
    const namesOf = (count: number): Row => ({
      kind: 'Names',
      names: Array.from({ length: count }, (_, at) => ({ name: `${count}/${at}` })),
    });

    it('none is changed by those after it, however large they are', () => {
      const batches = Array.from({ length: 3_000 }, (_, place) => [
        namesOf(place % 97 === 0 ? 3_000 * (place % 5) : place % 7),
      ]);
      const bodies = batches.map((batch) => rows.encode(batch));
      bodies.forEach((body, place) => expect(rows.decode(body)).toEqual(batches[place]));
    });

    it('a list may stand where the room ends', () => {
      for (let marks = 65_520; marks < 65_532; marks += 1) {
        const batch = [...Array.from({ length: marks }, (): Row => ({ kind: 'Mark' })), namesOf(0)];
        expect(rows.decode(rows.encode(batch))).toEqual(batch);
      }
    });
  });

  it('throws nothing but DecodeError for any bytes at all', () => {
    fc.assert(
      fc.property(
        fc.array(everything, { maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
        (records, changes) => {
          const body = schema.encode(records);
          for (const [place, value] of changes) body[place % body.length] = value;
          try {
            schema.decode(body);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  const one = (change: Partial<Everything>): Everything => ({
    kind: 'Everything',
    small: 1,
    word: 2,
    long: 3,
    signed: -4,
    real: 5,
    flag: true,
    pasid: 6,
    page: 7,
    offset: 8,
    at: 9,
    colour: 'red',
    label: '',
    inner: [],
    free: null,
    last: 10,
    ...change,
  });

  it.each([
    ['a PASID over 20 bits', { pasid: MAX_PASID + 1 }, 'pasid'],
    ['a page outside 52 bits', { page: MAX_PAGE + 1 }, 'page'],
    ['an offset outside a page', { offset: 4096 }, 'offset'],
    ['a time that is not a number', { at: Number.NaN }, 'at'],
  ])('refuses %s by name', (_case, change, field) => {
    const body = schema.encode([one(change)]);
    expect(() => schema.decode(body)).toThrow(FieldOutOfRange);
    expect(() => schema.decode(body)).toThrow(new RegExp(`${field} is `));
  });

  it('refuses to write a word its list does not have, and a record the schema does not have', () => {
    expect(() => schema.encode([one({ colour: 'blue' as 'red' })])).toThrow(EncodeError);
    expect(() => schema.encode([{ ...one({}), kind: 'Other' as 'Everything' }])).toThrow(/no record 'Other'/);
  });

  it('puts what stands at the head of a batch before its records', () => {
    const [first, second, third] = [one({ last: 1 }), one({ last: 2 }), one({ last: 3 })];
    const apart = schema.encode([third], [first, second]);
    expect(apart).toEqual(schema.encode([first, second, third]));
  });

  it('encodes again after a record could not be encoded', () => {
    expect(() => schema.encode([one({}), one({ colour: 'blue' as 'red' })])).toThrow(EncodeError);
    expect(schema.decode(schema.encode([one({ last: 11 })]))).toEqual([one({ last: 11 })]);
  });

  it('refuses foreign bytes and an impossible record count', () => {
    expect(() => schema.decode(new TextEncoder().encode('{"json":true}'))).toThrow(/fa 01/);
    const body = schema.encode([one({})]);
    new DataView(body.buffer, body.byteOffset).setUint32(4, 0xffff_ffff, true);
    expect(() => schema.decode(body)).toThrow(/claims 4294967295 records/);
  });
});

describe('what can be salvaged of a body', () => {
  interface Numbered {
    kind: 'Numbered';
    n: number;
    label: string;
  }
  const picky = new Schema<Numbered>({
    name: 'picky',
    versions: {
      1: [
        record<Numbered>('Numbered', 1, { n: u8, label: text }, ({ n }) => (n > 9 ? `n is ${n}` : undefined)),
      ],
    },
  });
  const numbered = (...ns: number[]): Numbered[] =>
    ns.map((n) => ({ kind: 'Numbered', n, label: `number ${n}` }));

  it('is all of a good one, without complaint', () => {
    expect(picky.salvage(picky.encode(numbered(1, 2)))).toEqual({ records: numbered(1, 2) });
  });

  it('is every record up to the bytes that make no sense, wherever it is cut, with the complaint of decode', () => {
    const records = numbered(1, 2, 3);
    const whole = picky.encode(records);
    const ends = records.map((_, place) => picky.encode(records.slice(0, place + 1)).length);
    for (let length = 0; length < whole.length; length += 1) {
      const { records: read, error } = picky.salvage(whole.subarray(0, length));
      expect(read).toEqual(records.filter((_, place) => (ends[place] ?? 0) <= length));
      expect(error).toBeInstanceOf(DecodeError);
    }
  });

  it('holds records that can be read but are refused, and what follows them', () => {
    const { records, error } = picky.salvage(picky.encode(numbered(1, 77, 2)));
    expect(records).toEqual(numbered(1, 77, 2));
    expect(error?.message).toMatch(/record 1 \(Numbered\): n is 77/);
  });

  it('is nothing of foreign bytes and of a version of the future', () => {
    const future = picky.encode(numbered(1));
    new DataView(future.buffer, future.byteOffset).setUint16(2, 9, true);
    for (const body of [future, new TextEncoder().encode('{"json":true}'), new Uint8Array(3)])
      expect(picky.salvage(body)).toMatchObject({ records: [], error: expect.any(DecodeError) as Error });
  });

  it('throws nothing, for any bytes at all', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const body = picky.encode(numbered(1, 2, 3));
        for (const [place, value] of changes) body[place % body.length] = value;
        const { records, error } = picky.salvage(body);
        if (!error) expect(records).toEqual(picky.decode(body));
      }),
      { numRuns: 500 },
    );
  });
});

describe('versions of a schema', () => {
  interface First {
    kind: 'Sent';
    page: number;
  }
  interface Second {
    kind: 'Sent';
    page: number;
    round: number;
  }
  const first = new Schema<First>({ name: 's', versions: { 1: [record<First>('Sent', 1, { page })] } });
  const second = new Schema<Second>({
    name: 's',
    versions: {
      1: [record<First>('Sent', 1, { page })],
      2: [record<Second>('Sent', 1, { page, round: u16 })],
    },
    upcasters: { 1: (old) => ({ ...old, round: 0 }) as Second },
  });

  it('a reader reads every version ever written, upcast to its own', () => {
    expect(second.decode(first.encode([{ kind: 'Sent', page: 5 }]))).toEqual([
      { kind: 'Sent', page: 5, round: 0 },
    ]);
    expect(second.decode(second.encode([{ kind: 'Sent', page: 5, round: 3 }]))).toEqual([
      { kind: 'Sent', page: 5, round: 3 },
    ]);
  });

  interface Third {
    kind: 'Delivered';
    page: number;
    round: number;
    hops: number;
  }
  const versions = {
    ...second.definition.versions,
    3: [record<Third>('Delivered', 4, { page, round: u16, hops: u8 })],
  };
  const toSecond = second.definition.upcasters?.[1] ?? ((old: Tagged) => old);
  const upcasters = {
    1: toSecond,
    2: (old: Tagged) => ({ ...(old as Second), kind: 'Delivered', hops: 1 }) as Third,
  };

  it('a record of the first version goes through every upcaster up to the newest', () => {
    const third = new Schema<Third>({ name: 's', versions, upcasters });
    const delivered = { kind: 'Delivered', page: 5, hops: 1 };
    expect(third.decode(first.encode([{ kind: 'Sent', page: 5 }]))).toEqual([{ ...delivered, round: 0 }]);
    expect(third.decode(second.encode([{ kind: 'Sent', page: 5, round: 3 }]))).toEqual([
      { ...delivered, round: 3 },
    ]);
  });

  it('a schema without an upcaster for each of its old versions cannot be made', () => {
    const make = (definition: Partial<SchemaDefinition>) => () =>
      new Schema<Third>({ name: 's', versions, upcasters, ...definition });
    expect(make({ upcasters: { 2: upcasters[2] } })).toThrow(
      'schema s has no version 1 with an upcaster to 2',
    );
    expect(make({ upcasters: { 1: toSecond } })).toThrow('schema s has no version 2 with an upcaster to 3');
    expect(make({ versions: { 1: second.definition.versions[1] ?? [], 3: versions[3] } })).toThrow(
      'no version 2',
    );
  });

  describe('while instances of the version before are there', () => {
    const downcasters = {
      1: (record: Tagged) => ({ kind: 'Sent', page: (record as Second).page }) as First,
      2: (record: Tagged) =>
        (record as Third).hops === 1 ? ({ ...(record as Third), kind: 'Sent' } as Second) : undefined,
    };
    const make = () => new Schema<Third>({ name: 's', versions, upcasters, downcasters });

    it('a writer writes what they can read, and still reads everything', () => {
      const third = make();
      const sent: Third = { kind: 'Delivered', page: 5, round: 3, hops: 1 };
      third.writeAs(2);
      expect(third.version).toBe(2);
      expect(second.decode(third.encode([sent]))).toEqual([{ kind: 'Sent', page: 5, round: 3 }]);
      third.writeAs(1);
      expect(first.decode(third.encode([sent]))).toEqual([{ kind: 'Sent', page: 5 }]);
      expect(third.decode(make().encode([{ ...sent, hops: 7 }]))).toEqual([{ ...sent, hops: 7 }]);
      third.writeAs(3);
      expect(third.decode(third.encode([{ ...sent, hops: 7 }]))).toEqual([{ ...sent, hops: 7 }]);
    });

    it('a writer refuses what they could not be told, and writes nothing of the batch', () => {
      const third = make();
      third.writeAs(2);
      expect(() => third.encode([{ kind: 'Delivered', page: 5, round: 3, hops: 2 }])).toThrow(
        "record 'Delivered' of schema s cannot be written for instances that know versions up to 2",
      );
    });

    it('a schema without a way down cannot be asked for it', () => {
      const third = new Schema<Third>({ name: 's', versions, upcasters });
      expect(() => third.writeAs(2)).toThrow('schema s has no downcaster from version 3 to 2');
      expect(() => make().writeAs(4)).toThrow('schema s has no version 4');
      expect(third.version).toBe(3);
    });
  });

  it('a reader refuses a version of the future by name', () => {
    expect(() => first.decode(second.encode([{ kind: 'Sent', page: 5, round: 3 }]))).toThrow(UnknownSchema);
    expect(() => first.decode(second.encode([{ kind: 'Sent', page: 5, round: 3 }]))).toThrow(
      /schema 's' version 2, expected a version from 1 to 1/,
    );
  });
});
