import { pino } from 'pino';
import { CurrentEngagement, type EngagementView } from './current-engagement';
import { MemoryServicePorts } from './memory-service.testkit';

const { config } = new MemoryServicePorts();
const viewOf = (lab: string): EngagementView => ({
  ...{ config: { ...config, lab }, ports: undefined, link: undefined },
  ...{ scenario: undefined, presence: undefined },
  find: () => undefined,
});

it('tells of what comes and goes, waits for those who let go, and outlives one that fails', async () => {
  const lines: string[] = [];
  const current = new CurrentEngagement(config, pino({}, { write: (line: string) => void lines.push(line) }));
  const told: unknown[] = [];
  current.watch(() => {
    throw new Error('it is stuck');
  });
  const unwatch = current.watch(async (view) => {
    await Promise.resolve();
    told.push(view?.config.lab);
  });
  const [one, other] = [viewOf('one'), viewOf('other')];
  await current.enter(one);
  // The end of one that was never here, or is not any more, is nothing to those who watch.
  await current.leave(other);
  expect([current.now, told]).toEqual([one, ['one']]);
  await current.leave(one);
  await current.leave(one);
  expect([current.now, told]).toEqual([undefined, ['one', undefined]]);
  unwatch();
  await current.enter(other);
  expect([told.length, lines.length]).toEqual([2, 3]);
  expect(lines[0]).toContain('it is stuck');
});
