import type { DeviceProgress, IommuProgress } from '@faultline/contracts';
import { type ControlPlane, Unanswered } from './control-plane';
import { Course, type CourseOptions } from './course';
import { Lifeline } from './lifeline';

const devices: DeviceProgress = {
  ...{ total: 10, issued: 4, ended: 2, withdrawn: 0 },
  ...{ requests: 3, faulted: 2, finished: false },
};
const iommus: IommuProgress = {
  pendingGroups: 1,
  ringRecords: 0,
  openStalls: 1,
  overflows: 0,
  drained: false,
};

const noTimeline: CourseOptions['timeline'] = {
  advance: () => undefined,
  isBusy: false,
  isDone: true,
  awaitsTime: false,
};

/** Services that answer each look with the next state of a script; the last one stays. */
function courseOver(
  looks: {
    devices?: Partial<DeviceProgress>;
    iommus?: Partial<IommuProgress>;
    mm?: boolean;
    away?: boolean;
  }[],
  options: Partial<CourseOptions> = {},
) {
  const asked: string[] = [];
  let place = -1;
  const lifeline = new Lifeline();
  const ask = (verb: string): Promise<unknown> => {
    asked.push(verb);
    if (verb === 'device-emulator.progress') place = Math.min(place + 1, looks.length - 1);
    const look = looks[place] ?? {};
    if (look.away) return Promise.reject(new Unanswered(`nobody answers ${verb}`));
    if (verb === 'device-emulator.progress') return Promise.resolve({ ...devices, ...look.devices });
    if (verb === 'iommu.progress') return Promise.resolve({ ...iommus, ...look.iommus });
    return Promise.resolve({ drained: look.mm ?? true });
  };
  const control = { ask, look: ask } as unknown as ControlPlane;
  const course = new Course({
    control,
    lifeline,
    timeline: noTimeline,
    onProgress: () => undefined,
    stopRequested: () => false,
    stuckMillis: 60_000,
    mayIdle: false,
    ...options,
  });
  return { course, lifeline, asked };
}

describe('the course of a run', () => {
  const done = { devices: { finished: true, issued: 10, ended: 10 }, iommus: { drained: true } };

  test('it is finished when devices, IOMMUs and the mm are', async () => {
    const { course, asked } = courseOver([{}, { ...done, iommus: {} }, { ...done, mm: false }, done]);
    await expect(course.follow()).resolves.toBe('finished');
    expect(asked.filter((verb) => verb === 'device-emulator.progress')).toHaveLength(4);
  });

  test('it stops when the user wants it to', async () => {
    await expect(courseOver([{}], { stopRequested: () => true }).course.follow()).resolves.toBe('stopped');
  });

  test('a failure beside it ends it at once', async () => {
    const { course, lifeline } = courseOver([{}]);
    const following = course.follow();
    lifeline.fail(new Error('iommu died'));
    await expect(following).rejects.toThrow('iommu died');
  });

  test('accesses that do not move any more are told with what is open', async () => {
    await expect(courseOver([{}], { stuckMillis: 300 }).course.follow()).rejects.toThrow(
      /^no access has ended for \d+ s, and 0 page requests were sent meanwhile; still open: 2 accesses, 1 groups, 1 stalls, 0 ring records/,
    );
  });

  test('services that are away for a while are waited for where somebody else looks after them', async () => {
    const looks = [{ away: true }, {}, { away: true }, done];
    await expect(courseOver(looks, { mayMiss: true }).course.follow()).resolves.toBe('finished');
    await expect(courseOver(looks).course.follow()).rejects.toThrow(
      'nobody answers device-emulator.progress',
    );
  });

  test('services that stay away end the run: nothing moves', async () => {
    const { course } = courseOver([{}, { away: true }], { mayMiss: true, stuckMillis: 600 });
    await expect(course.follow()).rejects.toThrow(/^no access has ended for \d+ s/);
  });

  test('an open loop that waits for its next access does not hang', async () => {
    const idle = { devices: { issued: 2, ended: 2 } };
    const { course } = courseOver([idle, idle, idle, done], { stuckMillis: 300, mayIdle: true });
    await expect(course.follow()).resolves.toBe('finished');
  });

  test('a closed loop in which nothing is under way any more hangs', async () => {
    const idle = { devices: { issued: 2, ended: 2 } };
    await expect(courseOver([idle], { stuckMillis: 300 }).course.follow()).rejects.toThrow(
      /no access has ended for/,
    );
  });

  test('it is not finished while a step of the timeline is to come, and tells the timeline how far the devices are', async () => {
    const moments: unknown[] = [];
    const timeline = { ...noTimeline, isDone: false };
    timeline.advance = (moment) => {
      moments.push(moment);
      timeline.isDone = moments.length === 3;
    };
    await expect(courseOver([{}, { ...done, mm: false }, done], { timeline }).course.follow()).resolves.toBe(
      'finished',
    );
    expect(moments).toEqual([
      { ended: 2, isOver: false },
      { ended: 10, isOver: false },
      { ended: 10, isOver: true },
    ]);
  });

  test('a step of the timeline that takes long is no standstill, nor is one that waits for its time when all is over', async () => {
    for (const timeline of [
      { ...noTimeline, isDone: false, isBusy: true },
      { ...noTimeline, isDone: false, awaitsTime: true },
    ]) {
      let stop = false;
      const looks = timeline.isBusy ? [{}] : [done];
      const { course } = courseOver(looks, { timeline, stuckMillis: 100, stopRequested: () => stop });
      setTimeout(() => (stop = true), 400);
      await expect(course.follow()).resolves.toBe('stopped');
    }
  });

  test('a step that waits for accesses that do not come does not hide a standstill', async () => {
    const timeline = { ...noTimeline, isDone: false };
    await expect(courseOver([{}], { timeline, stuckMillis: 200 }).course.follow()).rejects.toThrow(
      /no access has ended for/,
    );
  });

  test('stopping waits for what is under way, but not for ever', async () => {
    const ended = { devices: { issued: 4, ended: 4 }, iommus: { drained: true } };
    const patient = courseOver([{}, ended]);
    await expect(patient.course.stop(10_000)).resolves.toBe(true);
    expect(patient.asked[0]).toBe('device-emulator.stop');
    await expect(courseOver([{}]).course.stop(300)).resolves.toBe(false);
  });
});
