import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { LogRoom } from './log-room';

/** A room over a log that says how full it is as the test wants it. */
function setUp(fill: number) {
  const ports = new MemoryUnitPorts();
  const state = { fill, asked: 0 };
  jest.spyOn(ports.log, 'fill').mockImplementation(() => {
    state.asked += 1;
    return state.fill < 0 ? Promise.reject(new Error('away')) : Promise.resolve(state.fill);
  });
  return { ports, state, room: new LogRoom(ports, 'iommu.0') };
}

describe('D13 the last part of the log is kept for the drain', () => {
  it('from 80 % on there is no room, and it comes back when the log has some', async () => {
    const { ports, state, room } = setUp(0.8);
    room.refresh();
    await eventually('the answer', () => room.isFull);
    let accepted = false;
    const waiting = room.available().then(() => (accepted = true));
    ports.clock.advance(1_000_000);
    await eventually('a second question', () => state.asked === 2);
    expect(accepted).toBe(false);
    state.fill = 0.79;
    await eventually('room', () => {
      ports.clock.advance(1_000_000);
      return accepted;
    });
    await waiting;
    expect(room.isFull).toBe(false);
  });

  it('asks at most once a second, however many requests come', () => {
    const { ports, state, room } = setUp(0);
    for (let request = 0; request < 100; request += 1) room.refresh();
    expect(state.asked).toBe(1);
    ports.clock.advance(1_000_000);
    room.refresh();
    expect(state.asked).toBe(2);
  });

  it('a log that does not answer changes nothing', async () => {
    const { state, room } = setUp(-1);
    room.refresh();
    await eventually('the question', () => state.asked === 1);
    expect(room.isFull).toBe(false);
  });
});
