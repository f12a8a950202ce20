import { ScenarioError } from '@faultline/contracts';
import { parseStudy } from './parse';
import { STUDY_TEXT } from './study.testkit';
import { pointsOf } from './sweep';

function complaint(text: string): string {
  try {
    parseStudy('study.yaml', text);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'no complaint';
}

describe('a study file', () => {
  it('has defaults for what it leaves out', () => {
    expect(parseStudy('study.yaml', STUDY_TEXT)).toMatchObject({
      mode: 'simulated',
      repetitions: 3,
      seed: 1,
      window: { from: 0.1, to: 0.9 },
      settings: {},
      holds: [],
    });
  });

  it('can be changed by settings of its own', () => {
    expect(parseStudy('study.yaml', STUDY_TEXT, ['repetitions=7'])).toMatchObject({ repetitions: 7 });
  });

  it('takes a setting of the scenario for one key, so that what else the scenario says beside it stays', () => {
    const text = STUDY_TEXT.replace('vary:', 'settings: { mm.shards: 2, mm.premap: 8 }\nvary:');
    const study = parseStudy('study.yaml', text, ['settings.mm.shards=4', 'settings.devices.0.credits=8']);
    expect(study.settings).toEqual({ 'mm.shards': 4, 'mm.premap': 8, 'devices.0.credits': 8 });
    expect(pointsOf(study)[0]?.settings).toEqual(
      expect.arrayContaining(['mm.shards=4', 'mm.premap=8', 'devices.0.credits=8']),
    );
  });

  it.each([
    [
      'an unknown key',
      'repetitons: 3',
      /study\.yaml:\d+: found unknown key 'repetitons', expected a key of the study reference/,
    ],
    ['an unknown figure', STUDY_TEXT.replace('y: throughput', 'y: speed'), /found figure 'speed'/],
    [
      'an unknown parameter',
      STUDY_TEXT.replace('x: servers', 'x: workers'),
      /found parameter 'workers', expected one of servers, queues/,
    ],
    ['a parameter twice', STUDY_TEXT.replace('name: queues', 'name: servers'), /parameter 'servers' twice/],
    ['values without a setting', STUDY_TEXT.replace('set: queues, ', ''), /parameter 'queues' without 'set'/],
    [
      'a range that goes nowhere',
      STUDY_TEXT.replace('to: 8', 'to: 0'),
      /parameter 'servers' without a value/,
    ],
    [
      'a zip of unequal lists',
      STUDY_TEXT.replace(
        /vary:[^]*plots:/,
        'vary: [{ zip: [{ name: servers, set: a, values: [1, 2] }, { name: queues, set: b, values: [1] }] }]\nplots:',
      ),
      /a zip of servers with 2 values, queues with 1 values/,
    ],
    [
      'a step and a factor',
      STUDY_TEXT.replace('factor: 2', 'factor: 2, step: 1'),
      /either a step or a factor/,
    ],
    [
      'a plot twice',
      STUDY_TEXT +
        STUDY_TEXT.split('\n')
          .filter((line) => line.includes('id: throughput'))
          .join('\n'),
      /plot 'throughput' twice/,
    ],
    [
      'a published point at what the parameter does not have',
      STUDY_TEXT.replace('x: servers', 'x: queues').replace(
        'by: queues }',
        'published: [{ label: A, mark: read, points: [[global, 1], [local, 2]] }] }',
      ),
      /study\.yaml:\d+: found published point at "local", expected one of global, per-iommu: the values of 'queues'/,
    ],
    [
      'a published point at a word among numbers',
      STUDY_TEXT.replace('by: queues }', 'published: [{ label: A, mark: read, points: [[few, 1]] }] }'),
      /published point at "few", expected a number, as 'servers' has them/,
    ],
    [
      'nothing to hold',
      `${STUDY_TEXT}holds: [{ says: good, figure: throughput }]`,
      /one of shape, ratio and value/,
    ],
    [
      'a shape along nothing',
      `${STUDY_TEXT}holds: [{ says: good, figure: throughput, shape: peaks }]`,
      /a shape together with `over`/,
    ],
    [
      'a ratio to nothing',
      `${STUDY_TEXT}holds: [{ says: good, figure: throughput, ratio: '> 2' }]`,
      /a ratio together with `against` or `againstFigure`/,
    ],
    [
      'a setting of the bus that is none',
      STUDY_TEXT.replace('set: queues', 'set: network.hops'),
      /setting 'network.hops' "global", expected one of network.hopMicros/,
    ],
    [
      'a value that the bus cannot have',
      STUDY_TEXT.replace('set: queues, values: [global, per-iommu]', 'set: network.loss, values: [0, 2]'),
      /setting 'network.loss' 2, expected a number <=0\.5/,
    ],
    [
      'a word for a number of the bus',
      `${STUDY_TEXT}settings: { network.hopMicros: slow }\n`,
      /setting 'network.hopMicros' "slow", expected a number/,
    ],
    [
      'a comparison that is none',
      `${STUDY_TEXT}holds: [{ says: good, figure: throughput, value: about 2 }]`,
      /a comparison such as/,
    ],
  ])('is refused for %s', (_what, text, message) => {
    expect(complaint(text.startsWith('name') ? text : `${STUDY_TEXT}${text}\n`)).toMatch(message);
  });
});
