import { TestClock } from '../testkit/eventually.testkit';
import { describeLanePort } from '../testkit/lane-port.contract.testkit';
import { MemoryLanes } from './memory-lanes';

describeLanePort('memory', async () => {
  const lanes = new MemoryLanes({ clock: new TestClock() });
  return { client: lanes, server: lanes, prefix: 'memory', close: () => Promise.resolve() };
});
