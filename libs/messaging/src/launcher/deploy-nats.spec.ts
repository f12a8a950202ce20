import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFile, durabilityOf } from './config';
import { locateNatsServer } from './locate';

const DIRECTORY = join(__dirname, '../../../../deploy/nats');
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.conf'));
const binary = locateNatsServer();
const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout;
const knowsSyncInterval = durabilityOf(version, '1s').syncInterval !== undefined;

const scratch = mkdtempSync(join(tmpdir(), 'faultline-conf-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Asks the server at hand whether it would start with this configuration. */
function check(text: string): { accepted: boolean; said: string } {
  const file = join(scratch, 'nats.conf');
  writeFileSync(file, text);
  const env = { ...process.env, NATS_SERVER_NAME: 'nats-1' };
  const { status, stderr, stdout } = spawnSync(binary, ['-t', '-c', file], { encoding: 'utf8', env });
  return { accepted: status === 0, said: `${stdout}${stderr}` };
}

const withoutSync = (text: string): string => text.replace(/^\s*sync_interval:.*$/m, '');

it('there is one for a single server and one for a cluster', () => {
  expect(files.sort()).toEqual(['cluster.conf', 'nats.conf']);
});

describe.each(files)('deploy/nats/%s', (name) => {
  const text = readFileSync(join(DIRECTORY, name), 'utf8');

  it('sets sync_interval, and all else in it is known to every server from 2.9 on', () => {
    expect(text).toMatch(/^\s*sync_interval: "1s"$/m);
    expect(check(withoutSync(text))).toMatchObject({ accepted: true });
  });

  it('is taken by servers that know sync_interval, and by no other', () => {
    const { accepted, said } = check(text);
    expect([accepted, /sync_interval/.test(said)]).toEqual([knowsSyncInterval, !knowsSyncInterval]);
  });
});

it('what the launcher writes is taken by the server it is written for', () => {
  const { syncInterval } = durabilityOf(version, '1s');
  const options = { host: '127.0.0.1', port: -1, storeDir: scratch, portsDir: scratch, syncInterval };
  const cluster = { name: 'c', serverName: 'n', port: 6222, otherPorts: [6223] };
  expect(check(configFile(options))).toMatchObject({ accepted: true });
  expect(check(configFile({ ...options, cluster }))).toMatchObject({ accepted: true });
  expect(configFile({ ...options, syncInterval: durabilityOf('v2.10.0', '1s').syncInterval })).toMatch(
    /^ {2}sync_interval: "1s"$/m,
  );
});
