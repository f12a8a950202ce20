import { ConformanceFileInvalid } from '../shape';
import { fileOf, recordedFault, smallVector } from './iopf.testkit';
import { parseIopfFile } from './parse';

type Fields = Record<string, unknown>;

describe('reading a file of vectors of the fault layer', () => {
  it('gives its vectors; those without a hazard say so', () => {
    const { hazard: _hazard, ...plain } = smallVector();
    const file = parseIopfFile(fileOf(plain, { ...smallVector(), hazard: true }));
    expect(file.set).toBe('small');
    expect(file.vectors).toEqual([smallVector(), { ...smallVector(), hazard: true }]);
  });

  it.each<[unknown, string]>([
    [null, 'the file is null, and must be an object'],
    [[], 'the file is [], and must be an object'],
    [{ ...fileOf(), format: 'other' }, 'format is "other", and must be one of iopf-conformance'],
    [{ ...fileOf(), formatVersion: 2 }, 'formatVersion is 2, and must be one of 1'],
    [{ ...fileOf(), set: 1 }, 'set is 1, and must be a string'],
    [{ ...fileOf(), vectors: {} }, 'vectors is {}, and must be a list'],
    [{ ...fileOf(), count: 3 }, 'count is 3, and must be one of 0'],
    [fileOf({}), 'vectors[0].id is nothing, and must be a string'],
  ])('refuses %j', (file, message) => {
    expect(() => parseIopfFile(file)).toThrow(ConformanceFileInvalid);
    expect(() => parseIopfFile(file)).toThrow(message);
  });

  it.each<[string, (vector: Fields) => void]>([
    ['vector small: generation is "G3"', (vector) => (vector['generation'] = 'G3')],
    ['vector small: sources[0] is nothing', (vector) => (vector['sources'] = [])],
    ['vector small: sources[0] is "v5.13"', (vector) => (vector['sources'] = ['v5.13'])],
    ['vector small: hazard is 1', (vector) => (vector['hazard'] = 1)],
    [
      'vector small: topology.devices[0].pageResponse is nothing',
      ({ topology }) => {
        Object.assign(topology as Fields, { devices: [{ id: 'd0' }] });
      },
    ],
    [
      'vector small: topology.bindings[0].handler is "keep"',
      ({ topology }) => {
        Object.assign(topology as Fields, { bindings: [{ dev: 'd0', pasid: 1, handler: 'keep' }] });
      },
    ],
    [
      'vector small: finalState.queues.q0.work[0] is "1"',
      ({ finalState }) => {
        Object.assign(finalState as Fields, { queues: { q0: { work: ['1'], devices: [] } } });
      },
    ],
  ])('refuses a vector: %s', (message, change) => {
    const vector = { ...smallVector() } as unknown as Fields;
    change(vector);
    expect(() => parseIopfFile(fileOf(vector))).toThrow(message);
  });

  const fault = (overrides: Fields) => ({
    op: 'report',
    dev: 'd0',
    fault: { ...recordedFault(1), ...overrides },
  });

  it.each<[string, Fields]>([
    ['steps[0].op is "hw_fail", and must be an operation of G2', { op: 'hw_fail' }],
    ['steps[0].op is "toString"', { op: 'toString' }],
    ['steps[0].op is nothing', {}],
    ['steps[0].dev is nothing, and must be a string', { op: 'flush_dev' }],
    ['steps[0].expect is nothing, and must be an object', { op: 'run', group: 1, expect: undefined }],
    ['steps[0].group is 1.5, and must be a whole number', { op: 'run', group: 1.5 }],
    ['steps[0].fault.addr is "4096", and must be a hexadecimal', fault({ addr: '4096' })],
    ['steps[0].fault.addr is "0x10000000000000000"', fault({ addr: '0x10000000000000000' })],
    ['steps[0].fault.flags[0] is "LAST"', fault({ flags: ['LAST'] })],
    ['steps[0].fault.perm is "rq", and must be letters of rwxp', fault({ perm: 'rq' })],
    ['steps[0].result is "BUS"', { op: 'mm_inject', mm: 'mm0', page: 'any', times: 1, result: 'BUS' }],
    [
      'steps[0].expect.state.devices.d0.partial is 1, and must be a list',
      { op: 'run', group: 1, expect: { state: { devices: { d0: { partial: 1 } } } } },
    ],
    ['steps[0].inject is 1', { op: 'run', group: 1, inject: 1 }],
  ])('refuses a step: %s', (message, step) => {
    const vector = { ...smallVector(), steps: [{ expect: {}, ...step }] };
    expect(() => parseIopfFile(fileOf(vector))).toThrow(message);
  });

  it('knows the operations of each generation', () => {
    const vector = { ...smallVector(), generation: 'G1', sources: ['v6.1.192'] };
    const withStep = (step: Fields) => fileOf({ ...vector, steps: [{ ...step, expect: {} }] });
    const bind = { op: 'bind', pasid: 1, mm: 'mm0' };
    expect(parseIopfFile(withStep(bind)).vectors[0]?.steps).toEqual([{ ...bind, expect: {} }]);
    expect(() => parseIopfFile(withStep({ op: 'group_free', group: 1 }))).toThrow('an operation of G1');
    expect(() => parseIopfFile(withStep({ op: 'report', dev: 'd0' }))).toThrow('fault is nothing');
    expect(parseIopfFile(withStep({ op: 'report', dev: 'd0', fault: null })).vectors).toHaveLength(1);
  });
});
