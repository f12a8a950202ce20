import { AccessHistory } from './access-history';
import type { AccessEnded } from './events';

const ended = (access: number, change: Partial<AccessEnded> = {}): AccessEnded => ({
  kind: 'AccessEnded',
  device: 4,
  access,
  pasid: 1,
  page: 1,
  offset: 0,
  permissions: 1,
  outcome: 'completed',
  rounds: 1,
  request: 1,
  intendedAtMicros: 0,
  startedAtMicros: 0,
  receivedAtMicros: 0,
  endedAtMicros: 0,
  ...change,
});

describe('AccessHistory', () => {
  it('D9 knows which accesses are over: hits, ends, and what was withdrawn', () => {
    const history = new AccessHistory();
    history.fold({
      kind: 'AccessesHit',
      device: 4,
      atcHits: 2,
      translated: 1,
      ranges: [
        { first: 0, count: 2 },
        { first: 5, count: 1 },
      ],
      atMicros: 8,
    });
    history.fold(ended(3));
    history.fold({ kind: 'AccessesWithdrawn', device: 4, ranges: [{ first: 8, count: 2 }] });
    const over = Array.from({ length: 12 }, (_, access) => history.isOver(4, access));
    expect(over.map((is, access) => (is ? access : -1)).filter((access) => access >= 0)).toEqual([
      0, 1, 3, 5, 8, 9,
    ]);
    expect(history.end(4)).toBe(10);
    expect(history.isOver(7, 0)).toBe(false);
    expect(history.end(7)).toBe(0);
    expect(history.ended).toBe(4);
  });

  it('counts the faults, an access that a removal ended before its first fault apart', () => {
    const history = new AccessHistory();
    history.fold(ended(0, { rounds: 2 }));
    history.fold(ended(1, { outcome: 'removed', rounds: 0 }));
    expect({ faulted: history.faulted, requests: history.requests }).toEqual({ faulted: 1, requests: 2 });
  });
});
