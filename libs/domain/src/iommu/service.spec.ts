import {
  createService,
  evolveEnded,
  evolveHold,
  evolveServed,
  type FairService,
  findReadyQueue,
  nextServed,
} from './service';

/** A held group: its device, and how many page requests it has. Its serial is its place, from 1 on. */
type Held = readonly [device: number, requests: number];

function holding(quantum: number, held: readonly Held[], window = 100): FairService {
  const service = createService({ order: 'fair', quantum, window });
  if (service === null) throw new Error('fair service');
  held.forEach(([device, requests], place) => evolveHold(service, 'q', device, place + 1, requests));
  return service;
}

/** Serves everything that may be served; the serials in their order. What never ends fails its test instead of hanging it. */
function serveAll(service: FairService): number[] {
  const served: number[] = [];
  for (let queue = findReadyQueue(service); queue !== undefined; queue = findReadyQueue(service)) {
    if (served.length > 100) throw new Error('there is always something to serve');
    const serial = nextServed(service, queue);
    evolveServed(service, 'q', serial);
    served.push(serial);
  }
  return served;
}

/** Devices of the queue in the order of their turns, with what each may still have served. */
const turnsOf = (service: FairService): string[] =>
  (service.queues.get('q')?.turns ?? []).map(({ device, deficit }) => `${device}: ${deficit}`);

describe('deficit round robin', () => {
  it('D14 only the first device has the quantum of its turn', () => {
    expect(
      turnsOf(
        holding(3, [
          [1, 2],
          [2, 2],
          [1, 1],
        ]),
      ),
    ).toEqual(['1: 3', '2: 0']);
  });

  it('D14 whoever cannot afford its next group gives the turn up, and has a whole quantum more in the next one', () => {
    const service = holding(4, [
      [1, 5],
      [2, 4],
      [2, 4],
    ]);
    expect(serveAll(service)).toEqual([2, 1, 3]);
  });

  it('D14 what a group costs is taken from the deficit of its device, and the rest kept for its turn', () => {
    const service = holding(4, [
      [1, 3],
      [1, 2],
      [2, 1],
    ]);
    evolveServed(service, 'q', 1);
    expect(turnsOf(service)).toEqual(['1: 1', '2: 0']);
    evolveServed(service, 'q', 3);
    expect(turnsOf(service)).toEqual(['1: 5']);
  });

  it('D14 a device that leaves its turn gives it to the next, one that leaves its place gives nothing', () => {
    const first = holding(3, [
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    evolveEnded(first, 'q', 1, 1);
    expect(turnsOf(first)).toEqual(['2: 3', '3: 0']);
    const second = holding(3, [
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    evolveEnded(second, 'q', 2, 2);
    expect(turnsOf(second)).toEqual(['1: 3', '3: 0']);
    evolveEnded(second, 'q', 1, 1);
    evolveEnded(second, 'q', 3, 3);
    expect(turnsOf(second)).toEqual([]);
  });

  it('D14 a device with something saved is served in its turn, not in that of another', () => {
    const service = holding(4, [
      [2, 9],
      [3, 1],
      [1, 9],
      [2, 1],
    ]);
    evolveServed(service, 'q', 2);
    expect(turnsOf(service)).toEqual(['1: 4', '2: 4']);
    // Its large group is answered by others, so that device 2 has more than its next one costs.
    evolveEnded(service, 'q', 2, 1);
    evolveServed(service, 'q', 4);
    expect(turnsOf(service)).toEqual(['1: 8']);
  });

  it('D14 counts a group on its queue until it is answered, whether it was held or not', () => {
    const service = holding(
      9,
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      2,
    );
    evolveServed(service, 'q', 77);
    expect(serveAll(service)).toEqual([1]);
    evolveEnded(service, 'q', 1, 77);
    expect(serveAll(service)).toEqual([2]);
    expect(findReadyQueue(service)).toBeUndefined();
  });
});
