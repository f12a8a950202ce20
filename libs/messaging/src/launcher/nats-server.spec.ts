import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { connectNats } from '../connection';
import { NatsUnreachable } from '../errors';
import { describeDurability, durabilityOf } from './config';
import { NatsServerFailed, NatsServerMissing } from './errors';
import { locateNatsServer } from './locate';
import { NatsServer } from './nats-server';
import { startWatchdog } from './watchdog';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-launcher-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('nats-server launcher', () => {
  it('starts servers side by side on ports of their own, and says what they are', async () => {
    const servers = await Promise.all(
      [0, 1, 2].map((n) => NatsServer.start({ storeDir: join(directory, `js${n}`) })),
    );
    expect(new Set(servers.map((server) => server.port)).size).toBe(3);
    for (const server of servers) {
      expect(server.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
      expect(server.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(server.durability.text).toMatch(/acknowledge/);
    }
    const exits = await Promise.all(servers.map((server) => server.stop()));
    expect(exits.every((exit) => exit.lastLines.length > 0)).toBe(true);
  });

  it('tells who waits that the server is gone', async () => {
    const server = await NatsServer.start({ storeDir: directory });
    await server.kill();
    expect((await server.exited).signal).toBe('SIGKILL');
  });

  it('does not outlive the process that started it: the watchdog acts when its input ends', async () => {
    const server = spawn('sleep', ['600'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => server.once('exit', (_code, signal) => resolve(signal)));
    const watchdog = startWatchdog(server.pid ?? 0);
    watchdog.stdin.end();
    expect(await gone).toBe('SIGTERM');
    watchdog.kill('SIGKILL');
  });

  it('fails with the last words of a server that does not start', async () => {
    const file = join(directory, 'in-the-way');
    await writeFile(file, '');
    expect(await rejectionOf(NatsServer.start({ storeDir: file }))).toBeInstanceOf(NatsServerFailed);
    const server = await NatsServer.start({ storeDir: join(directory, 'js') });
    const error = await rejectionOf(
      NatsServer.start({ storeDir: join(directory, 'other'), port: server.port }),
    );
    expect(error).toBeInstanceOf(NatsServerFailed);
    expect((error as NatsServerFailed).message).toMatch(/address already in use/);
    await server.stop();
  });

  it('finds the binary where it is said to be, and names where it looked', () => {
    const found = locateNatsServer();
    expect(locateNatsServer({ NATS_SERVER_BIN: found })).toBe(found);
    expect(() => locateNatsServer({ NATS_SERVER_BIN: '/nowhere/nats-server' })).toThrow(NatsServerMissing);
  });

  it('knows which versions can sync by interval', () => {
    expect(durabilityOf('nats-server: v2.9.10', '1s')).toEqual({
      text: 'acknowledged before fsync, synced about every 2 minutes',
    });
    expect(durabilityOf('nats-server: v2.10.4', '5s')).toEqual({
      text: 'acknowledged before fsync, synced every 5s',
      syncInterval: '5s',
    });
    expect(durabilityOf('v2.12.0', 'always').text).toBe('synced to disk before every acknowledgement');
  });
});

describe('what a report says of durability', () => {
  it.each([
    [
      { version: '2.9.10', replicas: 1 },
      'nats-server 2.9.10, one copy, acknowledged before fsync, synced about every 2 minutes',
    ],
    [
      { version: '2.11.1', replicas: 3 },
      "nats-server 2.11.1, 2 of 3 copies written before an acknowledgement, acknowledged before fsync unless the server's sync_interval is 'always', which it does not tell",
    ],
    [
      { version: '2.11.1', replicas: 1, own: durabilityOf('2.11.1', '1s') },
      'nats-server 2.11.1, one copy, acknowledged before fsync, synced every 1s',
    ],
  ])('%j', (facts, text) => {
    expect(describeDurability(facts)).toBe(text);
  });
});

describe('connection', () => {
  it('says in one line that no server is there', async () => {
    const began = performance.now();
    const error = await rejectionOf(
      connectNats({ url: 'nats://127.0.0.1:1', name: 'spec', waitMillis: 300 }),
    );
    expect(error).toBeInstanceOf(NatsUnreachable);
    expect((error as NatsUnreachable).message).toMatch(
      /^no NATS server answers at nats:\/\/127\.0\.0\.1:1 \(.*\): .*$/,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('waits for a server that is about to start', async () => {
    const first = await NatsServer.start({ storeDir: directory });
    await first.stop();
    const connecting = connectNats({ url: first.url, name: 'spec', waitMillis: 10_000 });
    const second = await NatsServer.start({ storeDir: directory, port: first.port });
    const link = await connecting;
    expect(link.serverVersion).toBe(second.version);
    await link.close();
    await second.stop();
  });
});
