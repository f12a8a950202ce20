import { KvUnavailable, LogUnavailable, memoryPorts, type WorkMessage } from '@faultline/hosting';
import { eventually, rejectionOf, TestClock } from '../../../hosting/src/testkit/eventually.testkit';
import { readConfig } from '../config';
import { ConfigError } from '../environment';
import { withFailpoints } from './failing-ports';
import { Failpoints } from './failpoints';
import { FailpointInvalid, parseFailpoints } from './plan';

describe('rules', () => {
  it('name a point, what it is about, which passage, and what is done', () => {
    expect(
      parseFailpoints(
        'log.before-append@iommu.0.hw#3=kill; lane.before-reply=delay:20;kv.after-put#2+=error',
      ),
    ).toEqual([
      {
        ...{
          point: 'log.before-append',
          about: 'iommu.0.hw',
          nth: 3,
          onwards: false,
          verb: 'kill',
          millis: 0,
        },
        text: 'log.before-append@iommu.0.hw#3=kill',
      },
      {
        ...{
          point: 'lane.before-reply',
          about: undefined,
          nth: 1,
          onwards: false,
          verb: 'delay',
          millis: 20,
        },
        text: 'lane.before-reply=delay:20',
      },
      {
        ...{ point: 'kv.after-put', about: undefined, nth: 2, onwards: true, verb: 'error', millis: 0 },
        text: 'kv.after-put#2+=error',
      },
    ]);
  });

  it.each([
    ['nonsense', 'expected POINT[@ABOUT][#N[+]]=VERB[:MILLIS]'],
    ['log.before-append#0=kill', 'expected POINT[@ABOUT][#N[+]]=VERB[:MILLIS]'],
    ['log.sometimes=kill', /expected one of the points log\.before-append, /],
    ['record.after-commit=duplicate', 'expected one of kill, stop, delay at record.after-commit'],
    ['log.before-append=delay', "expected milliseconds with 'delay', and with nothing else"],
    ['log.before-append=kill:5', "expected milliseconds with 'delay', and with nothing else"],
  ])('that cannot be are refused: %s', (text, expected) => {
    expect(() => parseFailpoints(text)).toThrow(FailpointInvalid);
    expect(() => parseFailpoints(text)).toThrow(expected);
    expect(() => readConfig('iommu', { FAULTLINE_FAILPOINTS: text })).toThrow(ConfigError);
  });

  it('are none where the environment has none', () => {
    expect(readConfig('iommu', {}).failpoints).toBeUndefined();
  });
});

/** Ports with failpoints, and what the process would have done to itself. */
function failing(rules: string) {
  const did: string[] = [];
  const hand = { tell: (line: string) => did.push(line), signal: (signal: string) => did.push(signal) };
  const ports = memoryPorts({ lab: 'lab', clock: new TestClock() });
  const failpoints = new Failpoints(parseFailpoints(rules), hand);
  return { did, ports, failing: withFailpoints(ports, 'lab', failpoints) };
}

const append = (subject: string, id: string) => ({
  subject,
  id,
  headers: { schema: 'lab', version: 1, unit: 'lab', epoch: 0, cycle: 0 },
  body: new Uint8Array(1),
});

describe('a process', () => {
  it('dies before the passage that is meant, and does nothing of it', async () => {
    const { did, ports, failing: to } = failing('log.before-append@iommu.0#2=kill');
    await to.log.append(append('lab.log.iommu.0.hw', 'a'));
    await to.log.append(append('lab.log.iommu.01.hw', 'b'));
    void to.log.append(append('lab.log.iommu.0.queue.x', 'c'));
    await to.log.append(append('lab.log.lab', 'd'));
    expect(did).toEqual(['failpoint log.before-append@iommu.0#2=kill', 'SIGKILL']);
    expect(await ports.log.last('lab.log.iommu.0.queue.x')).toBeUndefined();
  });

  it('goes on where it stood when it was stopped', async () => {
    const { did, failing: to } = failing('kv.before-put@unit.mm.0=stop');
    await to.owners.put('member.mm.0', new Uint8Array(1));
    expect(did).toEqual([]);
    await to.owners.put('unit.mm.0', new Uint8Array(1));
    expect(did).toEqual(['failpoint kv.before-put@unit.mm.0=stop', 'SIGSTOP']);
    expect(await to.owners.get('unit.mm.0')).toBeDefined();
  });
});

describe('an error', () => {
  it('before says that it did not happen, after that nobody knows', async () => {
    const { ports, failing: to } = failing(
      'log.before-append#1=error;log.after-append#1=error;kv.after-put=error',
    );
    expect(await rejectionOf(to.log.append(append('lab.log.lab', 'a')))).toBeInstanceOf(LogUnavailable);
    expect(await ports.log.lastSequence()).toBe(0);
    expect(await rejectionOf(to.log.append(append('lab.log.lab', 'a')))).toBeInstanceOf(LogUnavailable);
    expect(await ports.log.lastSequence()).toBe(1);
    expect(await to.log.append(append('lab.log.lab', 'a'))).toEqual({ sequence: 1, duplicate: true });
    expect(await rejectionOf(to.owners.put('k', new Uint8Array(1)))).toBeInstanceOf(KvUnavailable);
    expect(await ports.owners.get('k')).toBeDefined();
  });
});

describe('a repetition', () => {
  it('handles a request and a piece of work twice', async () => {
    const { failing: to } = failing(
      'lane.before-handle=duplicate;lane.before-request#2=duplicate;work.before-handle=duplicate',
    );
    let handled = 0;
    const serving = await to.lanes.serve('lab.cmd.x', (body) => ((handled += 1), body), fail);
    await to.lanes.request('lab.cmd.x', new Uint8Array(1), 1_000);
    expect(handled).toBe(2);
    await to.lanes.request('lab.cmd.x', new Uint8Array(1), 1_000);
    expect(handled).toBe(4);
    await serving.stop();
    const taken: WorkMessage[] = [];
    const working = await to.work.work({
      queue: 'q',
      prefetch: 4,
      onWork: (message) => taken.push(message),
      onError: fail,
    });
    await to.log.append(append('lab.log.iommu.0.queue.q', 'w'));
    await eventually('both deliveries', () => taken.length >= 2);
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 1]);
    for (const message of taken) message.ack();
    await working.stop();
  });
});

const fail = (error: Error): never => {
  throw error;
};
