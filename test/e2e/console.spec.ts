import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeRun } from '../../apps/lab/src/testing-record.testkit';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { CommandLine, faultline, PATIENCE_MILLIS, Scratch } from '../kit/command-line';

const RUN = '20250101-000000-good';
const scratch = new Scratch();
let command: CommandLine | undefined;

beforeAll(() => writeRun(scratch.runs, RUN));
afterEach(async () => {
  command?.signal('SIGKILL');
  await command?.finished();
});
afterAll(() => scratch.remove());

const addressOf = (line: CommandLine): Promise<string> =>
  eventually('the address', () => /^http:\S+$/m.exec(line.out)?.[0], PATIENCE_MILLIS) as Promise<string>;

test(
  'a run that is over is shown without NATS, in the browser of the system if asked for, until Ctrl-C',
  async () => {
    // What opens an address on this system, as far as this test is concerned.
    const bin = join(scratch.path, 'bin');
    const seen = join(scratch.path, 'seen');
    mkdirSync(bin);
    for (const opener of ['xdg-open', 'open']) {
      scratch.file(`bin/${opener}`, `#!/bin/sh\nprintf %s "$1" > ${seen}\n`);
      chmodSync(join(bin, opener), 0o755);
    }
    const environment = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      FAULTLINE_HTTP: '',
      DISPLAY: ':0',
      NATS_URL: 'nats://127.0.0.1:1',
    };
    command = new CommandLine(['console', 'latest', '--open', '--runs', scratch.runs], environment);
    const address = await addressOf(command);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/faults\?run=20250101-000000-good$/);
    const url = address.replace(/\/#.*/, '');
    expect(await (await fetch(`${url}/`)).text()).toContain('/console/main.js');
    expect((await fetch(`${url}/console/main.js`)).status).toBe(200);
    expect(await (await fetch(`${url}/api/runs/${RUN}`)).json()).toMatchObject({ run: RUN });
    await eventually('the browser', () => existsSync(seen) && readFileSync(seen, 'utf8') === address);
    command.children(/browse\.js/);
    command.signal('SIGINT');
    expect((await command.finished()).exit).toBe(0);
    await command.leftNothing();
  },
  PATIENCE_MILLIS,
);

test(
  'a run that is not there, and an address that is taken, are said in a line',
  async () => {
    const unknown = await faultline(['console', 'nowhere', '--runs', scratch.runs]);
    expect([unknown.exit, unknown.err]).toEqual([2, expect.stringMatching(/^faultline: [^\n]*nowhere/)]);
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = await faultline(['console', RUN, '--runs', scratch.runs], { FAULTLINE_HTTP: String(port) });
    other.close();
    expect([taken.exit, taken.out]).toEqual([1, '']);
    expect(taken.err).toMatch(/^faultline: the console could not be opened[^]*EADDRINUSE[^]*FAULTLINE_HTTP/);
  },
  PATIENCE_MILLIS,
);
