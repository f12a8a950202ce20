import { missingFrom } from './samples';

const PRINTED = `fault 0.1.1: nic0 behind pri0
   +0 µs  10:19:12.837983   16  page request sent   nic0      18.9 ms  #
+18.9 ms  10:19:12.856864   16  PageRequestQueued   iommu.0   7.51 ms   ###

  stage            wall time
  device -> IOMMU    18.9 ms
  end to end          1.22 s

kept in  /tmp/there/runs/20261127-101909-hzdv
`;
const like = (text: string) => missingFrom(PRINTED, { isLike: true, text });
const same = (text: string) => missingFrom(PRINTED, { isLike: false, text });

describe('a sample in a document', () => {
  it('is printed when its lines are there in their order, with what it leaves out between them', () => {
    expect(same(PRINTED)).toBeUndefined();
    expect(same('  stage            wall time\n...\n  end to end          1.22 s\n')).toBeUndefined();
    expect(same('  end to end          1.22 s\n...\n  stage            wall time\n')).toBe(
      '  stage            wall time',
    );
  });

  it('is not when a digit is another one, or a line between is left out without saying so', () => {
    expect(same('  end to end          1.23 s')).toBe('  end to end          1.23 s');
    expect(same('  stage            wall time\n  end to end          1.22 s')).toMatch(/^ {2}stage/);
  });

  it('is like what was printed when only numbers, ids, paths, bars and widths differ', () => {
    expect(
      like(`fault 0.2.31: nic0 behind pri0
 +0 µs  06:28:19.533833  7  page request sent  nic0     950 µs  ####
+950 µs  06:28:19.553365  7  PageRequestQueued  iommu.0  1.20 s  #
...
  device -> IOMMU   950 µs
  end to end       39.1 ms

kept in  /home/me/faultline/runs/20251127-000601-a6qj
`),
    ).toBeUndefined();
  });

  it.each([
    'fault 0.1.1: nic1 behind pri0',
    '  IOMMU -> queue   7.51 ms',
    '+18.9 ms  10:19:12.856864   16  PageRequestDropped  iommu.0   7.51 ms',
    '  device -> IOMMU    18.9 ms\n  mm   1 ms',
  ])('is not like what says something else: %s', (text) => {
    expect(like(text)).toBeDefined();
  });
});
