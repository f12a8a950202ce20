import { describeKvPort } from '../testkit/kv-port.contract.testkit';
import { MemoryKv } from './memory-kv';

describeKvPort('memory', async () => ({ kv: new MemoryKv(), close: () => Promise.resolve() }));

it('tells a watch in tasks of its scheduler, never inside the write', async () => {
  const tasks: (() => void)[] = [];
  const kv = new MemoryKv((task) => tasks.push(task));
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(what);
  await kv.watch({
    prefix: '',
    onEntry: tell('entry'),
    onDeleted: tell('deleted'),
    onReady: tell('ready'),
    onError: (error) => told.push(error.message),
  });
  await kv.put('a', new Uint8Array(0));
  expect(told).toEqual([]);
  while (tasks.length > 0) tasks.shift()?.();
  expect(told).toEqual(['ready', 'entry']);
});
