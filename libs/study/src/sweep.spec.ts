import { parseStudy } from './parse';
import { pointsOf, valuesOf } from './sweep';
import { STUDY_TEXT } from './study.testkit';

const study = (vary: string) =>
  parseStudy(
    'study.yaml',
    STUDY_TEXT.replace(/vary:[^]*plots:/, `vary: ${vary}\nplots:`)
      .replace('x: servers', 'x: a')
      .replace(', by: queues', ''),
  );

describe('a sweep', () => {
  it('crosses parameters, the last one changing fastest', () => {
    const points = pointsOf(
      study('[{ name: a, set: x, values: [1, 2] }, { name: b, set: y, values: [p, q] }]'),
    );
    expect(points.map(({ values }) => values)).toEqual([
      { a: 1, b: 'p' },
      { a: 1, b: 'q' },
      { a: 2, b: 'p' },
      { a: 2, b: 'q' },
    ]);
    expect(points.map(({ point }) => point)).toEqual([0, 1, 2, 3]);
    expect(points[3]?.settings).toEqual(['x=2', 'y="q"']);
  });

  it('changes zipped parameters together', () => {
    const zipped =
      '[{ zip: [{ name: a, set: x, values: [1, 2] }, { name: b, set: y, values: [10, 20] }] }, { name: c, set: z, values: [0, 1] }]';
    expect(pointsOf(study(zipped)).map(({ values }) => values)).toEqual([
      { a: 1, b: 10, c: 0 },
      { a: 1, b: 10, c: 1 },
      { a: 2, b: 20, c: 0 },
      { a: 2, b: 20, c: 1 },
    ]);
  });

  it('gives a value to several settings, and settings of its own to a value', () => {
    const points = pointsOf(
      study('[{ name: a, set: [x, y.z], values: [3, { value: many, set: { w: [1, 2], x: 9 } }] }]'),
    );
    expect(points.map(({ settings }) => settings)).toEqual([
      ['x=3', 'y.z=3'],
      ['x="many"', 'y.z="many"', 'w=[1,2]', 'x=9'],
    ]);
  });

  it('puts the settings of all points before those of one', () => {
    const withBase = parseStudy('study.yaml', `${STUDY_TEXT}settings: { mm.shards: 2 }\n`);
    expect(pointsOf(withBase)[0]?.settings).toEqual(['mm.shards=2', 'workers.servers=1', 'queues="global"']);
  });

  it('keeps settings of the simulated bus apart from those of the scenario', () => {
    const points = pointsOf(
      study('[{ name: a, set: network.hopMicros, values: [0.5, 2] }]\nnetwork: { loss: 0.1 }'),
    );
    expect(points.map(({ network, settings }) => [network, settings])).toEqual([
      [{ loss: 0.1, hopMicros: 0.5 }, []],
      [{ loss: 0.1, hopMicros: 2 }, []],
    ]);
  });

  it.each([
    [{ from: 1, to: 64, factor: 2 }, [1, 2, 4, 8, 16, 32, 64]],
    [{ from: 10, to: 1000, factor: 3.1623 }, [10, 32, 100, 316, 1000]],
    [{ from: 0, to: 1, step: 0.1 }, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]],
    [{ from: 1, to: 3, factor: 1.1 }, [1, 2, 3]],
    [{ from: 5, to: 5, step: 1 }, [5]],
  ])('goes through the range %j', (values, expected) => {
    expect(valuesOf({ name: 'a', unit: '', set: 'x', values }).map(({ value }) => value)).toEqual(expected);
  });
});
