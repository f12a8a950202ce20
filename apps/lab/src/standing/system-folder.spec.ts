import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rejectionOf } from '../../../../libs/hosting/src/testkit/eventually.testkit';
import { scratchDirectory } from '../testing.testkit';
import { AlreadyUp, type StandingNote, SystemFolder } from './system-folder';

const scratch = scratchDirectory();
const counts = { 'event-log': 1, 'mm-handler': 1, iommu: 1, 'device-emulator': 1, 'iopf-worker': 1 };
let place = 0;
const newRuns = (): string => join(scratch.path, `runs-${(place += 1)}`);

/** What a system leaves that was killed, and whose number another process has now: this one. */
function leftBehind(runs: string, note: object): void {
  mkdirSync(join(runs, '.up', 'nats'), { recursive: true });
  writeFileSync(join(runs, '.up', 'system.json'), JSON.stringify(note));
}

it('is one at a time: the second is told of the first, and comes when that has gone', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const console = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const note: StandingNote = { site: 'up-1', natsUrl: 'nats://127.0.0.1:1', console, counts };
  const runs = newRuns();
  const [folder, other] = [new SystemFolder(runs), new SystemFolder(runs)];
  await folder.claim();
  expect([await other.find(), other.isHeld]).toEqual([undefined, false]);
  folder.announce(note);
  expect([await other.find(), other.isHeld]).toEqual([note, true]);
  const refused = await rejectionOf(other.claim());
  expect(refused).toBeInstanceOf(AlreadyUp);
  // While its console is on the way up again, its server says that it is there.
  folder.announce({ ...note, console: 'http://127.0.0.1:1', natsUrl: console.replace('http', 'nats') });
  expect(await rejectionOf(other.claim())).toBeInstanceOf(AlreadyUp);
  expect((refused as Error).message).toContain(`process ${process.pid}, with its console at ${console}`);
  folder.remove(false);
  expect([await other.find(), other.isHeld, existsSync(folder.path)]).toEqual([undefined, false, false]);
  await other.claim();
  server.close();
});

it.each([
  ['of a process that is gone', { pid: 2 ** 30 }],
  [
    'of a number that is another process by now',
    {
      pid: process.pid,
      system: { site: 's', natsUrl: '127.0.0.1:1', console: 'http://127.0.0.1:1', counts },
    },
  ],
  ['that is none', ['what is this']],
])('what a killed system left is no system, and is cleared away: a note %s', async (_, note) => {
  const runs = newRuns();
  leftBehind(runs, note);
  const folder = new SystemFolder(runs);
  expect(await folder.find()).toBeUndefined();
  await folder.claim();
  expect(existsSync(folder.natsStore)).toBe(false);
});

it('what failed leaves its logs', async () => {
  const folder = new SystemFolder(newRuns());
  await folder.claim();
  mkdirSync(folder.natsStore);
  writeFileSync(folder.instanceLog('iommu'), 'last words');
  folder.remove(true);
  expect([existsSync(folder.natsStore), existsSync(folder.instanceLog('iommu'))]).toEqual([false, true]);
  expect(await folder.find()).toBeUndefined();
});
