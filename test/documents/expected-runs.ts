import type { Finished } from '../kit/command-line';

/** The parts of a run's summary that are looked at. */
export interface Report {
  end: string;
  drained: boolean;
  deadLetters: number;
  summary: {
    audit: {
      clean: boolean;
      invariants: { invariant: string; status: string }[];
      counts: Record<string, number>;
      eventsByKind: Record<string, number>;
    };
  };
}

/** A run that was made, and what it said. */
export interface Ran {
  finished: Finished;
  report: Report;
}

/** What holds for every run that the documents show. */
export function expectWell({ finished, report }: Ran): void {
  expect(finished.err).not.toMatch(/^faultline: |had to be killed|^ +at /m);
  expect(finished.exit).toBe(0);
  expect(finished.out).toMatch(/audit passed/);
  expect(report).toMatchObject({ end: 'finished', drained: true, deadLetters: 0 });
  expect(report.summary.audit.invariants.filter(({ status }) => status === 'failed')).toEqual([]);
}

function expectPassed({ report }: Ran, ...invariants: string[]): void {
  const all = report.summary.audit.invariants;
  const statuses = invariants.map((name) => [name, all.find((each) => each.invariant === name)?.status]);
  expect(statuses).toEqual(invariants.map((name) => [name, 'passed']));
}

/** Pages are taken and come back, and no translation is served from one that was taken. */
function expectPressure(ran: Ran): void {
  const { counts } = ran.report.summary.audit;
  expect(counts['pageRemoved.reclaim']).toBeGreaterThan(500);
  expect(counts['pageInstalled.swap-in']).toBeGreaterThan(100);
  expectPassed(ran, 'I6', 'I7');
}

/** Every step is done and told, the teardown of a hung device by force, and nothing is lost. */
function expectLifecycle(ran: Ran): void {
  for (const step of [
    'unmap 256 pages of web',
    'protect 256 pages of web',
    'migrate 64 pages of db',
    'reclaim 100 pages of shard 0',
    'replace db by db-copy',
    'remove queue pri0',
    'add queue pri0',
    'surprise remove usb0',
    'exit web',
    'start web-next',
    'hang device gpu0',
  ])
    expect(ran.finished.err).toContain(`of model time: ${step}`);
  expect(ran.finished.err).toMatch(/unbind web \(in order: stop /);
  expect(ran.finished.err).toMatch(/unbind batch \(by force: stop expired after /);
  expect(ran.finished.err).toMatch(/remove device dsp0 \(in order\)/);
  const { eventsByKind } = ran.report.summary.audit;
  expect(eventsByKind).toMatchObject({ DeviceRemoved: 1, DeviceHung: 1, QueueFreed: 1, QueueAllocated: 1 });
  expect(eventsByKind['PasidDrained']).toBeGreaterThanOrEqual(3);
  expectPassed(ran, 'I1', 'I2', 'I5', 'I6', 'I7', 'I9');
}

/** What a run of an example shows that it was written for. Each of them is run by some document. */
export const EXPECTED: Readonly<Record<string, (ran: Ran) => void>> = {
  'npx faultline run examples/pressure.yaml': expectPressure,
  'npx faultline run examples/lifecycle.yaml': expectLifecycle,
};
