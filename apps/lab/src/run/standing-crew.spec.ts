import type { Presence, ServiceName } from '@faultline/contracts';
import { type KvPort, KvUnavailable, ManualClock, MemoryKv } from '@faultline/hosting';
import { eventually } from '../../../../libs/hosting/src/testkit/eventually.testkit';
import type { Bus } from './bus';
import { PresenceBoard } from '@faultline/runtime';
import { StandingCrew } from './standing-crew';

const board = new PresenceBoard(() => undefined);
const clock = new ManualClock();
const onLost = jest.fn();
const crew = new StandingCrew({
  ...{ site: 'bench', lab: 'run-a', run: 'a', board, clock, onLost },
  scenario: { iommus: [{ iommu: 0, segment: 0 }], shards: [{ shard: 0 }, { shard: 1 }] } as never,
  tell: () => undefined,
});

function post(service: ServiceName, number: number, state: Presence['state'], units: string[] = []): void {
  const instance = `${service}-${number}`;
  board.post({ service, instance, session: instance, pid: 1, state, units, deadLetters: 0 });
}

test('standing services are ready when every unit has an owner, however they share them, and somebody works and records', () => {
  expect(crew.missing()).toEqual([
    'iommu.0 (no iommu was heard of)',
    'segment.0 (no device-emulator was heard of)',
    'mm.0 (no mm-handler was heard of)',
    'mm.1 (no mm-handler was heard of)',
    'iopf-worker (no iopf-worker was heard of)',
    'event-log (no event-log was heard of)',
  ]);
  post('iommu', 1, 'ready', ['iommu.0']);
  post('iommu', 2, 'ready');
  post('device-emulator', 1, 'ready', ['segment.0']);
  post('mm-handler', 1, 'ready', ['mm.0']);
  post('mm-handler', 2, 'waiting');
  post('event-log', 1, 'ready', ['event-log']);
  post('iopf-worker', 1, 'waiting');
  expect(crew.missing()).toEqual([
    'mm.1 (mm-handler-1 is ready, mm-handler-2 is waiting)',
    'iopf-worker (iopf-worker-1 is waiting)',
  ]);
  post('mm-handler', 2, 'ready', ['mm.1']);
  post('iopf-worker', 1, 'ready');
  expect(crew.missing()).toEqual([]);
  post('mm-handler', 1, 'left', ['mm.0']);
  expect(crew.missing()).toEqual(['mm.0 (mm-handler-2 is ready)']);
});

test('a server that is gone at the end does not keep the run: the services are said not to know of it', async () => {
  const kv = new MemoryKv();
  let isAway = false;
  const away = <T>(ask: () => Promise<T>): Promise<T> =>
    isAway ? Promise.reject(new KvUnavailable('bench', 'disconnected')) : ask();
  const store: KvPort = {
    get: (key) => away(() => kv.get(key)),
    put: (...args) => away(() => kv.put(...args)),
    delete: (...args) => away(() => kv.delete(...args)),
    entries: (prefix) => away(() => kv.entries(prefix)),
    watch: (options) => kv.watch(options),
  };
  await crew.hire({ sites: () => Promise.resolve(store) } as unknown as Bus);
  isAway = true;
  // A beat that waits for the server stands before what the end writes.
  clock.advance(5_000_000);
  const left = crew.dismiss(false).then((late) =>
    crew.release().then(
      () => late,
      () => late,
    ),
  );
  let late: string[] | undefined;
  void left.then((value) => (late = value));
  await eventually('the run let go of the site', () => {
    clock.advance(100_000);
    return late !== undefined;
  });
  expect(late).toEqual([
    expect.stringContaining('the services of site bench, which could not be told to leave'),
  ]);
  expect(onLost).not.toHaveBeenCalled();
});
