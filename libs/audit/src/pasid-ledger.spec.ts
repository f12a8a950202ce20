import type { LogEvent } from '@faultline/contracts';
import { TEARDOWN_STEPS } from '@faultline/domain';
import { audit, failuresOf, insertAfter } from './auditor.testkit';
import { GOOD, goodLog, groupOf, handledOf, LogBuilder, requestOf, respondedOf } from './log.testkit';
import type { LoggedMessage } from './message';

const log = goodLog();
const hw = (...events: LogEvent[]): LoggedMessage[] => new LogBuilder().hw(...events).messages;
const mm = (...events: LogEvent[]): LoggedMessage[] => new LogBuilder().mm(...events).messages;

/** Violations of I9, or of I5, when these messages follow the one with this sequence. */
const after = (sequence: number, ...messages: LoggedMessage[]) =>
  failuresOf(audit(insertAfter(log, sequence, ...messages))).I9;
const atTheEnd = (...messages: LoggedMessage[]) => after(GOOD.ended + 15, ...messages);

const rebound = { kind: 'PasidBound', device: 0, pasid: 7, mm: 2, shard: 0, generation: 2 } as const;
const use = (device: number, generation = 1) => ({ device, pasid: 7, generation, atMicros: 1 });
const unbound = (device: number, generation = 1): LogEvent => ({
  kind: 'PasidUnbound',
  device,
  pasid: 7,
  generation,
});
const drained = (device: number, generation = 1): LogEvent => ({
  kind: 'PasidDrained',
  ...use(device, generation),
});
const mmUnbound: LogEvent = { kind: 'MmPasidUnbound', pasid: 7, generation: 1 };
const mmBound = (replaces = false, generation = 2): LogEvent => ({
  kind: 'MmPasidBound',
  pasid: 7,
  mm: 1,
  generation,
  replaces,
});

/** A whole teardown in the order of R95. */
function teardown(device: number): LogEvent[] {
  const steps = TEARDOWN_STEPS.map((step): LogEvent => ({
    kind: 'TeardownStepped',
    ...use(device),
    step,
    outcome: 'done',
  }));
  const [stop, ...others] = steps;
  return [
    { kind: 'TeardownBegun', ...use(device), cause: 'unbind' },
    ...(stop ? [stop] : []),
    unbound(device),
    ...others,
    drained(device),
  ];
}

describe('I9, reuse', () => {
  it('R102 a PASID that every device has torn down may be used again', () => {
    expect(atTheEnd(...hw(...teardown(0), ...teardown(1)), ...mm(mmUnbound, mmBound()))).toBeUndefined();
  });

  it('R102 sees a PASID that is unbound, or used again, while a device has not drained', () => {
    const half = [...hw(...teardown(0), unbound(1))];
    const sentence = (what: string) => `PASID 7: ${what}, but generation 1 of device 1 has not drained`;
    expect(atTheEnd(...half, ...mm(mmUnbound))).toEqual([sentence('it is unbound')]);
    expect(atTheEnd(...half, ...mm(mmUnbound, mmBound()))).toEqual([
      sentence('it is unbound'),
      sentence('it is used again'),
    ]);
  });

  it('R104 a device that was detached has nothing left', () => {
    const gone: LogEvent = { kind: 'DeviceDetached', device: 1 };
    expect(atTheEnd(...hw(...teardown(0), gone), ...mm(mmUnbound, mmBound()))).toBeUndefined();
  });

  it('R102 sees a device that binds the PASID again before its own drain', () => {
    expect(atTheEnd(...hw(unbound(0), rebound))).toEqual([
      'device 0 PASID 7: it is bound again, but its generation 1 has not drained',
    ]);
    expect(atTheEnd(...hw(...teardown(0), rebound))).toBeUndefined();
    const back: LogEvent = { ...rebound, mm: 1, generation: 1 };
    expect(atTheEnd(...hw(unbound(0), back))).toBeUndefined();
  });

  it('R105 a replacement needs no drain, and only what says that it is one', () => {
    expect(atTheEnd(...mm(mmBound(true)), ...hw(rebound))).toBeUndefined();
    expect(atTheEnd(...hw(rebound))).toEqual(['device 0 PASID 7: it is bound to mm 2, but still names mm 1']);
    expect(atTheEnd(...mm(mmBound()))).toEqual([
      'PASID 7: it is used again, but generation 1 of device 0 has not drained',
      'PASID 7: it is used again, but generation 1 of device 1 has not drained',
      'PASID 7: it is bound to mm 1, but still names mm 1',
    ]);
  });

  it('D2 sees a generation that does not grow', () => {
    const again = mm(mmUnbound, mmBound(false, 1));
    expect(atTheEnd(...hw(...teardown(0), ...teardown(1)), ...again)).toEqual([
      'PASID 7: it is bound with generation 1, but had generation 1 before',
    ]);
  });

  it('D2 sees a PASID that is used again while its faults are pending', () => {
    expect(after(GOOD.handled, ...hw(unbound(0), drained(0), rebound))).toContain(
      'device 0 PASID 7: it is used again with generation 2, but group 0.1.1 of an older one is pending',
    );
  });

  it('sees what is unbound, or drained, without having been bound', () => {
    expect(atTheEnd(...hw(unbound(3)))).toEqual([
      'device 3 PASID 7: generation 1 is unbound, but was not bound',
    ]);
    expect(atTheEnd(...hw(drained(3)))).toContain(
      'device 3 PASID 7: generation 1 has drained, but was not bound',
    );
    expect(atTheEnd(...hw(drained(0)))).toContain(
      'device 0 PASID 7: generation 1 has drained, but is still bound',
    );
  });

  it('D2 sees a SUCCESS for a use of the PASID that is over', () => {
    const request = requestOf(90, 2_000);
    const group = groupOf(90, [request]);
    const late = new LogBuilder()
      .queue(group)
      .hw({ kind: 'PageRequestQueued', ...request })
      .iopf(handledOf(group))
      .hw(respondedOf(group));
    expect(atTheEnd(...hw(...teardown(0)), ...late.messages)).toEqual([
      'group 0.1.90: it is answered SUCCESS, but generation 1 of PASID 7 was over before',
    ]);
    expect(atTheEnd(...late.messages)).toBeUndefined();
  });
});

describe('I9, teardown', () => {
  const name = 'teardown of device 0 PASID 7';
  const events = teardown(0);
  /** The teardown without some of its events. */
  const lacking = (...kinds: string[]): LogEvent[] =>
    events.filter((event) => !kinds.includes('step' in event ? event.step : event.kind));

  it('R95 sees a step that is left out, and an end before the last step', () => {
    expect(atTheEnd(...hw(...lacking('drain')))).toEqual([
      `${name}: step 'flush' is over, but 'drain' is due`,
      `${name}: step 'fence' is over, but 'drain' is due`,
      `${name}: the PASID has drained, but 'drain' is not over`,
    ]);
    expect(atTheEnd(...hw(...lacking('fence')))).toEqual([
      `${name}: the PASID has drained, but 'fence' is not over`,
    ]);
  });

  it('R95 sees a PASID entry that is still there when caches are emptied', () => {
    expect(atTheEnd(...hw(...lacking('PasidUnbound', 'PasidDrained')))).toEqual(
      ['invalidate', 'drain', 'flush', 'fence'].map(
        (step) => `${name}: step '${step}' is over, but the PASID is still bound`,
      ),
    );
  });

  it('sees a teardown that begins twice, and a step of none', () => {
    const [begun] = events;
    expect(atTheEnd(...hw(...(begun ? [begun, begun] : [])))).toEqual([
      `${name}: it begins, but has begun before`,
    ]);
    expect(atTheEnd(...hw(...lacking('TeardownBegun', 'PasidDrained')))).toHaveLength(TEARDOWN_STEPS.length);
  });

  it('I5 sees a teardown without an end in a finished run, unless its device is gone', () => {
    const open = lacking('fence', 'PasidDrained');
    const failures = (...messages: LoggedMessage[]) =>
      failuresOf(audit(insertAfter(log, GOOD.ended + 15, ...messages))).I5;
    expect(failures(...hw(...open))).toEqual([
      `${name}: the run is finished, but it never got beyond 'fence'`,
    ]);
    expect(failures(...hw(...open, { kind: 'DeviceDetached', device: 0 }))).toBeUndefined();
    expect(failures(...hw(...events))).toBeUndefined();
  });

  it('counts steps, fences and forced answers by name', () => {
    const fenced: LogEvent = { kind: 'DeviceFenced', device: 0, cause: 'stop-timeout', atMicros: 1 };
    const { counts } = audit(insertAfter(log, GOOD.ended, ...hw(...events, fenced)));
    expect(counts).toMatchObject({
      'teardownBegun.unbind': 1,
      'teardownStepped.stop.done': 1,
      'deviceFenced.stop-timeout': 1,
    });
  });
});
