import type { ResolvedStep, StepAction } from '@faultline/contracts';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { describeAction, Timeline } from './timeline';

const exit: StepAction = { action: 'exit', process: 'web', mm: 0, pasid: 1 };
const hang: StepAction = { action: 'hang-device', name: 'nic0', device: 0 };
const reset: StepAction = { action: 'reset-device', name: 'nic0', device: 0 };

function timelineOf(steps: ResolvedStep[], act = (): Promise<string> => Promise.resolve('')) {
  const clock = { micros: 5_000 };
  const lines: string[] = [];
  const acted: StepAction[] = [];
  const timeline = new Timeline({
    steps,
    timeScale: 10,
    nowMicros: () => clock.micros,
    act: (action) => {
      acted.push(action);
      return act();
    },
    onDone: (line) => lines.push(line),
  });
  timeline.begin();
  return { timeline, clock, lines, acted };
}

const idle = (timeline: Timeline): Promise<boolean> => eventually('the step is done', () => !timeline.isBusy);

describe('the timeline', () => {
  test('does one step after the other, each when its condition holds, and says so with model time', async () => {
    const { timeline, clock, lines, acted } = timelineOf([
      { do: exit },
      { after: { accesses: 100 }, do: hang },
      { do: reset },
    ]);
    timeline.advance({ ended: 0, isOver: false });
    expect(timeline.isBusy).toBe(true);
    await idle(timeline);
    timeline.advance({ ended: 99, isOver: false });
    expect(acted).toEqual([exit]);
    clock.micros += 25_000;
    timeline.advance({ ended: 100, isOver: false });
    timeline.advance({ ended: 100, isOver: false });
    expect(acted).toEqual([exit, hang]);
    await idle(timeline);
    expect(timeline.isDone).toBe(false);
    timeline.advance({ ended: 101, isOver: false });
    await idle(timeline);
    expect(timeline.isDone).toBe(true);
    expect(lines).toEqual([
      'at 0 µs of model time: exit web',
      'at 2.50 ms of model time: hang device nic0',
      'at 2.50 ms of model time: reset device nic0',
    ]);
  });

  test('accesses that can never come are not waited for once all is over; a time is', async () => {
    const { timeline, clock, acted } = timelineOf([
      { after: { accesses: 100 }, do: hang },
      { after: { accesses: 100, micros: 1_000 }, do: reset },
    ]);
    timeline.advance({ ended: 7, isOver: true });
    await idle(timeline);
    expect(acted).toEqual([hang]);
    expect(timeline.awaitsTime).toBe(true);
    timeline.advance({ ended: 7, isOver: true });
    expect(acted).toEqual([hang]);
    clock.micros += 10_000;
    expect(timeline.awaitsTime).toBe(false);
    timeline.advance({ ended: 7, isOver: false });
    expect(acted).toEqual([hang]);
    timeline.advance({ ended: 7, isOver: true });
    expect(acted).toEqual([hang, reset]);
  });

  test('what a step failed with is thrown at the next look, and no further step is done', async () => {
    const { timeline, acted } = timelineOf([{ do: exit }, { do: hang }], () =>
      Promise.reject(new Error('service iommu refused')),
    );
    timeline.advance({ ended: 0, isOver: false });
    await idle(timeline);
    expect(() => timeline.advance({ ended: 0, isOver: false })).toThrow('service iommu refused');
    expect(acted).toEqual([exit]);
  });

  test('what there is to say of a step stands behind it', async () => {
    const { timeline, lines } = timelineOf([{ do: exit }], () => Promise.resolve('in order'));
    timeline.advance({ ended: 0, isOver: false });
    await idle(timeline);
    expect(lines).toEqual(['at 0 µs of model time: exit web (in order)']);
  });

  const web = { process: 'web', mm: 0, pasid: 1 };
  const range = { ...web, startPage: 0x1000, pages: 2048 };
  const nic = { name: 'nic0', device: 0 };
  test.each<[StepAction, string]>([
    [{ action: 'start', ...web }, 'start web'],
    [{ action: 'unbind', ...web }, 'unbind web'],
    [{ action: 'unmap', ...range }, 'unmap 2,048 pages of web from 0x1000'],
    [{ action: 'protect', permissions: 1, ...range }, 'protect 2,048 pages of web from 0x1000'],
    [{ action: 'migrate', ...range }, 'migrate 2,048 pages of web from 0x1000'],
    [{ action: 'reclaim', shard: 1, pages: 7 }, 'reclaim 7 pages of shard 1'],
    [{ action: 'remove-device', ...nic }, 'remove device nic0'],
    [{ action: 'surprise-remove', ...nic }, 'surprise remove nic0'],
    [{ action: 'remove-queue', name: 'pri0', iommu: 0 }, 'remove queue pri0'],
    [{ action: 'add-queue', name: 'pri0', iommu: 0 }, 'add queue pri0'],
    [{ action: 'replace-domain', ...web, ...nic, by: 'next', byMm: 1 }, 'replace web by next'],
  ])('names %j', (action, words) => expect(describeAction(action)).toBe(words));
});
