import { ConformanceFileInvalid } from '../shape';
import { parsePriFile } from './parse';
import { device, initialStatus, refusedRequest, smallFile } from './pri.testkit';

describe('a file of vectors', () => {
  it('gives its vectors, with nothing absent in their steps and big integers for addresses', () => {
    const record = { value: '0x8000000000000000', reason: 'x' };
    const out = { faultRecords: [record], queued: [], disposition: 'queued' };
    const { vectors, counts } = parsePriFile(smallFile([device, { ...refusedRequest, out }]));
    expect(counts).toEqual({ vectors: 1, steps: 2, byFamily: { prq: 1 } });
    expect(vectors).toMatchObject([
      {
        id: 'small',
        family: 'prq',
        tags: [],
        initialMode: 'table-15',
        initialStatus,
        parameters: { firstStage: 'Sv39' },
      },
    ]);
    expect(vectors[0]?.steps[0]).toEqual({ ...device, out: {}, status: {}, accept: {}, mayBeStale: false });
    expect(vectors[0]?.steps[1]?.out).toEqual({
      faultRecords: [{ value: 2n ** 63n, reason: 'x' }],
      disposition: 'queued',
    });
  });

  it.each([
    ['no object', 7, /^file is 7/],
    ['another format', { format: 'something/2' }, /^file\.format is "something\/2"/],
    ['no steps', smallFile([], { steps: 'none' }), /^file\.vectors\[0\]\.steps is "none"/],
    [
      'an unknown mode',
      smallFile([], { initial: { iommuMode: 'on' } }),
      /^file\.vectors\[0\]\.initial\.iommuMode is "on"/,
    ],
    ['an unknown operation', smallFile([{ op: 'jump' }]), /steps\[0\]\.op is "jump"/],
    [
      'a missing input',
      smallFile([device, { op: 'fence', in: { slot: 0 } }]),
      /steps\[1\]\.in\.data is nothing/,
    ],
    [
      'an input of another kind',
      smallFile([{ op: 'deviceValid', in: { deviceId: '16', valid: true } }]),
      /in\.deviceId is "16"/,
    ],
    [
      'an unknown input',
      smallFile([{ op: 'illegalCommand', in: { how: 1 } }]),
      /a field of .*steps\[0\]\.in is "how"/,
    ],
    [
      'an address that is none',
      smallFile([{ op: 'unmap', in: { deviceId: 1, pasid: 1, address: '5000', size: 1 } }]),
      /in\.address is "5000"/,
    ],
    [
      'a size that is none',
      smallFile([{ op: 'invalidateDeviceTlb', in: { deviceId: 1, pasid: 1, address: '0x0', size: 'some' } }]),
      /in\.size is "some"/,
    ],
    ['a result that is none', smallFile([{ ...device, out: 5 }]), /steps\[0\]\.out is 5/],
    [
      'permitted values that are none',
      smallFile([{ ...device, accept: { a: 1 } }]),
      /steps\[0\]\.accept\.a is 1/,
    ],
    ['a mark that is none', smallFile([{ ...device, mayBeStale: 1 }]), /steps\[0\]\.mayBeStale is 1/],
  ])('is refused with the place: %s', (_what, file, message) => {
    expect(() => parsePriFile(file)).toThrow(ConformanceFileInvalid);
    expect(() => parsePriFile(file)).toThrow(message);
  });

  it('may ask for every page, and for no PASID', () => {
    const input = { deviceId: 1, pasid: null, address: '0x0', size: 'all' };
    const { vectors } = parsePriFile(smallFile([{ op: 'invalidateDeviceTlb', in: input }]));
    expect(vectors[0]?.steps[0]?.in).toEqual(input);
  });
});
