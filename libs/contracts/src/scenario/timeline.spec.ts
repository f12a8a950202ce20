import { parseScenario, ScenarioError } from '.';

const head = `name: s
iommus:
  - { name: pri0, model: pri }
processes:
  - { name: web, pasid: 5 }
  - { name: db }
  - { name: next, pasid: 5 }
devices:
  - name: nic0
    iommu: pri0
    workloads:
      - { process: web, pattern: uniform, accesses: 100 }
      - { process: db, pattern: uniform, accesses: 100 }
timeline:
`;

/** What is wrong with the steps: line of the timeline, what was found, what was expected. */
function complaint(steps: string, text = head): string {
  try {
    parseScenario('s.yaml', text + steps);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return `${error.line - head.trimEnd().split('\n').length} | ${error.found} | ${error.expected}`;
  }
  return 'no complaint';
}

/** `next` has to start at some time, or it has the PASID of `web` from the beginning. */
const LATER = '  - { unbind: web }\n  - { start: next }\n';

describe('a timeline', () => {
  it('is a list of steps, each with one action and perhaps a condition', () => {
    const { timeline } = parseScenario(
      's.yaml',
      `${head}  - { after: { accesses: 20 }, unmap: { process: web, startPage: 0x10000, pages: 256 } }
  - { protect: { process: web, startPage: 0x10000, pages: 4, permissions: r } }
  - { migrate: { process: db, startPage: 0x10000, pages: 4 } }
  - { after: { micros: 100, accesses: 50 }, exit: web }
  - { hangDevice: nic0 }
  - { unbind: web }
  - { start: next }
  - { reclaim: { pages: 10 } }
  - { hangDevice: nic0 }
  - { resetDevice: nic0 }
  - { removeQueue: pri0 }
  - { addQueue: pri0 }
  - { removeQueue: pri0 }
  - { surpriseRemove: nic0 }
`,
    );
    expect(timeline).toHaveLength(14);
    expect(timeline[0]).toEqual({
      after: { accesses: 20 },
      unmap: { process: 'web', startPage: 0x10000, pages: 256 },
    });
    expect(timeline[7]).toEqual({ reclaim: { shard: 0, pages: 10 } });
  });

  it('may give a PASID to one process after the other, by a replacement too', () => {
    expect(complaint(LATER)).toBe('no complaint');
    expect(complaint('  - { replaceDomain: { device: nic0, process: web, by: next } }\n')).toBe(
      'no complaint',
    );
  });

  it('may go on with a process that took a PASID over, at the devices of the one before', () => {
    const steps = `  - { replaceDomain: { device: nic0, process: web, by: next } }
  - { hangDevice: nic0 }
  - { unbind: next }
`;
    expect(complaint(steps)).toBe('no complaint');
  });

  it.each([
    [
      'no action',
      '  - { after: { accesses: 1 } }\n',
      /^1 \| 'timeline\.0' .* \| exactly one of start, exit, unbind,/,
    ],
    ['two actions', '  - { exit: web, unbind: web }\n', /^1 \| 'timeline\.0' .* \| exactly one of/],
    ['an unknown action', '  - { exit: web }\n  - { exlt: web }\n', /^2 \| unknown key 'timeline\.1\.exlt'/],
    [
      'an empty condition',
      '  - { after: {}, exit: web }\n',
      /^1 \| 'timeline\.0\.after' \{\} \| accesses, micros or both/,
    ],
    ['an unknown process', `${LATER}  - { exit: wep }\n`, /^3 \| process 'wep' \| one of web, db, next/],
    ['an unknown device', `${LATER}  - { hangDevice: nic1 }\n`, /^3 \| device 'nic1' \| one of nic0/],
    ['an unknown IOMMU', `${LATER}  - { removeQueue: pri1 }\n`, /^3 \| iommu 'pri1' \| one of pri0/],
    [
      'an unknown shard',
      `${LATER}  - { reclaim: { shard: 1, pages: 1 } }\n`,
      /^3 \| shard 1 \| one of the 1 shards/,
    ],
    [
      'a second start',
      `${LATER}  - { start: next }\n`,
      /^3 \| process 'next' started a second time \| a process that has not started/,
    ],
    [
      'an exit before the start',
      `  - { exit: next }\n${LATER}`,
      /^1 \| exit of process 'next', which has not started \| a process that is there/,
    ],
    [
      'a second exit',
      `${LATER}  - { exit: web }\n  - { exit: web }\n`,
      /^4 \| exit of process 'web', which has ended/,
    ],
    [
      'a change after the exit',
      `${LATER}  - { exit: web }\n  - { unmap: { process: web, startPage: 1, pages: 1 } }\n`,
      /^4 \| unmap of process 'web', which has ended/,
    ],
    [
      'an unbind before the start',
      `  - { unbind: next }\n${LATER}`,
      /^1 \| unbind of process 'next', which has not started/,
    ],
    [
      'a second unbind',
      `${LATER}  - { unbind: web }\n`,
      /^3 \| unbind of process 'web', whose PASID is not bound any more/,
    ],
    [
      'a PASID that another process has',
      '  - { start: next }\n',
      /^1 \| PASID 5 of 'next' while 'web' has it \| .*'unbind: web' before \(R93, R102\)/,
    ],
    [
      'pages outside 52 bits',
      `${LATER}  - { migrate: { process: web, startPage: 4503599627370495, pages: 2 } }\n`,
      /^3 \| pages 4503599627370495 to 4503599627370496 \| page numbers of at most 52 bits/,
    ],
    [
      'a step for a device that is gone',
      `${LATER}  - { surpriseRemove: nic0 }\n  - { resetDevice: nic0 }\n`,
      /^4 \| device 'nic0', gone since step 3 \| a device that is there/,
    ],
    [
      'a second removal',
      `${LATER}  - { removeDevice: nic0 }\n  - { removeDevice: nic0 }\n`,
      /^4 \| device 'nic0', gone since step 3/,
    ],
    [
      'a second hang',
      `${LATER}  - { hangDevice: nic0 }\n  - { hangDevice: nic0 }\n`,
      /^4 \| device 'nic0' hung a second time/,
    ],
    [
      'a device that hangs to the end',
      `${LATER}  - { hangDevice: nic0 }\n`,
      /^3 \| device 'nic0' hung to the end \| a later step that ends it/,
    ],
    [
      'queues that are not there any more',
      `${LATER}  - { removeQueue: pri0 }\n  - { removeQueue: pri0 }\n`,
      /^4 \| queues of 'pri0' removed a second time/,
    ],
    [
      'queues that are there',
      `${LATER}  - { addQueue: pri0 }\n`,
      /^3 \| queues added to 'pri0', which has them/,
    ],
    [
      'a replacement by one that came before',
      `${LATER}  - { replaceDomain: { device: nic0, process: db, by: next } }\n`,
      /^3 \| process 'next', which has started \| one that has not/,
    ],
    [
      'a replacement by one with another PASID',
      '  - { replaceDomain: { device: nic0, process: db, by: next } }\n',
      /^1 \| process 'next' with PASID 5 \| one without a PASID, or with that of 'db' \(R105\)/,
    ],
    [
      'a replacement of one that is not bound',
      '  - { unbind: web }\n  - { replaceDomain: { device: nic0, process: web, by: next } }\n',
      /^2 \| process 'web', which is not bound/,
    ],
  ])('says where, what was found and what was expected: %s', (_what, steps, expected) => {
    expect(complaint(steps)).toMatch(expected);
  });

  it('takes no process whose devices are gone, and no replacement at a device that has nothing of it', () => {
    const withGpu = (process: string): string => `${head.replace('timeline:\n', '')}  - name: gpu0
    iommu: pri0
    workloads:
      - { process: ${process}, pattern: uniform, accesses: 100 }
timeline:
`;
    const gone = '  - { unbind: web }\n  - { removeDevice: gpu0 }\n  - { start: next }\n';
    expect(complaint(gone, withGpu('next'))).toMatch(
      / \| process 'next' started, whose workload runs on 'gpu0', gone since step 2 \| a process whose devices are there/,
    );
    const elsewhere = '  - { replaceDomain: { device: gpu0, process: web, by: next } }\n';
    expect(complaint(elsewhere, withGpu('db'))).toMatch(
      / \| device 'gpu0' \| a device with a workload of 'web'/,
    );
  });

  it('has no workload for a process that only takes a PASID over', () => {
    const steps = `${LATER}  - { replaceDomain: { device: nic0, process: next, by: db } }\n`;
    expect(complaint(steps)).toMatch(
      / \| a workload of process 'db', which no step starts \| none: a process that takes a PASID over/,
    );
  });

  it('does not start two processes of one PASID at the beginning', () => {
    expect(complaint('  []\n')).toBe(
      "-7 | PASID 5 of 'next' while 'web' has it | one process a PASID at a time: a PASID of its own, or a step 'unbind: web' before (R93, R102)",
    );
  });
});
