import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');
// These are all the programs that the script may find, so that nothing installed on the machine helps it.
const tools =
  'sh cat chmod cksum cp dirname env find grep head ln ls mkdir mv readlink rm sed tail tar gzip tr wc basename'.split(
    ' ',
  );

const natsServer = (version: string): string => `#!/bin/sh\necho "nats-server: v${version}"\n`;

const fakes: Record<string, string> = {
  uname: '#!/bin/sh\ncase $1 in -s) echo Linux ;; -m) echo x86_64 ;; *) echo Linux x86_64 ;; esac\n',
  npm: `#!/bin/sh
echo "npm $*" >>calls
case $1 in
  ci) rm -rf node_modules; mkdir -p node_modules; cp -R fake-modules/. node_modules ;;
  rebuild) mkdir -p node_modules/sqlite3/build/Release; echo compiled >node_modules/sqlite3/build/Release/node_sqlite3.node ;;
esac
`,
  curl: '#!/bin/sh\necho "curl $*" >>calls\nexit 6\n',
};

const modules: Record<string, string> = {
  'sqlite3/package.json': '{ "version": "6.0.1" }',
  'sqlite3/index.js': "require('fs').readFileSync(__dirname + '/build/Release/node_sqlite3.node');",
  '.bin/nest':
    '#!/bin/sh\necho "nest $*" >>calls\nmkdir -p dist/apps/lab/src\n: >dist/apps/lab/src/main.js\n',
};

const onPath = (tool: string): string =>
  execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();

/** A checkout with the real script, and with a PATH on which only the given programs exist. */
class Checkout {
  readonly dir = mkdtempSync(join(tmpdir(), 'faultline-setup-'));

  constructor(programs: Record<string, string> = {}) {
    cpSync(join(root, 'scripts'), join(this.dir, 'scripts'), { recursive: true });
    for (const room of ['apps/lab/src', 'libs', 'bench', 'bin'])
      mkdirSync(join(this.dir, room), { recursive: true });
    for (const file of ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'])
      this.write(file, '{}');
    this.write('apps/lab/src/main.ts', 'export {};');
    for (const [file, text] of Object.entries(modules)) this.write(`fake-modules/${file}`, text);
    for (const [name, text] of Object.entries({ ...fakes, ...programs })) this.write(`path/${name}`, text);
    for (const tool of tools) symlinkSync(onPath(tool), join(this.dir, 'path', tool));
    symlinkSync(process.execPath, join(this.dir, 'path/node'));
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.dir, file)), { recursive: true });
    writeFileSync(join(this.dir, file), text, { mode: 0o755 });
  }

  run(env: Record<string, string> = {}): { status: number | null; said: string; calls: string[] } {
    rmSync(join(this.dir, 'calls'), { force: true });
    const { status, stderr, stdout } = spawnSync('/bin/sh', ['scripts/setup.sh'], {
      cwd: this.dir,
      env: { PATH: join(this.dir, 'path'), ...env },
      encoding: 'utf8',
    });
    const calls = existsSync(join(this.dir, 'calls')) ? readFileSync(join(this.dir, 'calls'), 'utf8') : '';
    return { status, said: stdout + stderr, calls: calls.split('\n').filter(Boolean) };
  }

  has(file: string): boolean {
    return existsSync(join(this.dir, file));
  }
}

describe('scripts/setup.sh', () => {
  const checkouts: Checkout[] = [];
  const checkout = (programs?: Record<string, string>): Checkout => {
    const made = new Checkout(programs);
    checkouts.push(made);
    return made;
  };
  const withServer = (): Checkout => checkout({ 'nats-server': natsServer('2.9.10') });

  afterAll(() => checkouts.forEach(({ dir }) => rmSync(dir, { recursive: true })));

  describe('dependencies and build', () => {
    test('the first run installs, compiles sqlite3 and builds, and says what takes long', () => {
      const { status, said, calls } = withServer().run();
      expect(said).toMatch(/compiled, which takes 1 to 4 minutes/);
      expect(calls).toEqual([expect.stringMatching(/^npm ci /), 'npm rebuild sqlite3', 'nest build']);
      expect(status).toBe(0);
    });

    test('the second run does nothing, says nothing and is fast', () => {
      const made = withServer();
      made.run();
      const begun = performance.now();
      expect(made.run()).toEqual({ status: 0, said: '', calls: [] });
      expect(performance.now() - begun).toBeLessThan(3_000);
    });

    test('a changed lockfile installs again, with sqlite3 from the cache', () => {
      const made = withServer();
      made.run();
      made.write('package-lock.json', '{ "changed": true }');
      const { said, calls } = made.run();
      expect(calls[0]).toMatch(/^npm ci /);
      expect(calls).not.toContain('npm rebuild sqlite3');
      expect(said).not.toMatch(/minutes/);
    });

    test('FAULTLINE_CACHE gives a fresh clone what another one compiled', () => {
      const shared = mkdtempSync(join(tmpdir(), 'faultline-cache-'));
      withServer().run({ FAULTLINE_CACHE: shared });
      const { status, calls } = withServer().run({ FAULTLINE_CACHE: shared });
      rmSync(shared, { recursive: true });
      expect(status).toBe(0);
      expect(calls).not.toContain('npm rebuild sqlite3');
    });

    test('a changed source builds again, a changed spec does not', () => {
      const made = withServer();
      made.write('apps/lab/src/a.spec.ts', '');
      made.run();
      made.write('apps/lab/src/a.spec.ts', 'changed');
      expect(made.run().calls).toEqual([]);
      made.write('apps/lab/src/main.ts', 'changed');
      expect(made.run().calls).toEqual(['nest build']);
    });

    test('a build that fails shows its messages and is tried again', () => {
      const made = withServer();
      made.write('fake-modules/.bin/nest', '#!/bin/sh\necho "TS2304: no such name"\nexit 1\n');
      for (const { status, said } of [made.run(), made.run()]) {
        expect(said).toMatch(/TS2304[^]*setup: the build failed/);
        expect(status).toBe(1);
      }
    });

    test('an npm ci that fails says what to do', () => {
      const { status, said } = checkout({ npm: '#!/bin/sh\necho ENOTFOUND\nexit 1\n' }).run();
      expect(said).toMatch(/ENOTFOUND\nsetup: npm ci failed: check the network/);
      expect(status).toBe(1);
    });

    test('an sqlite3 that cannot be compiled says what to install', () => {
      const npm = (fakes['npm'] ?? '').replace('rebuild)', 'rebuild) exit 1;');
      const { status, said } = checkout({ npm }).run();
      expect(said).toMatch(/setup: sqlite3 could be neither .* install a C\+\+ compiler/);
      expect(status).toBe(1);
    });

    test.each(['v18.20.0', 'v20.18.1'])('Node %s is refused', (version) => {
      const made = checkout();
      rmSync(join(made.dir, 'path/node'));
      made.write('path/node', `#!/bin/sh\necho ${version}\n`);
      const { status, said } = made.run();
      expect(said).toBe(`setup: Node ${version} is too old: install Node 20.19 or newer\n`);
      expect(status).toBe(1);
    });
  });

  describe('nats-server', () => {
    test.each([
      'nats://127.0.0.1:4222',
      'localhost:4222',
      'nats://a:1,tls://user:pw@b.example:2',
      'nats://[::1]:4222',
    ])('NATS_URL=%s is respected', (url) => {
      const { status, calls } = checkout().run({ NATS_URL: url });
      expect(calls.filter((call) => call.startsWith('curl'))).toEqual([]);
      expect(status).toBe(0);
    });

    test.each(['http://a:1', 'nats://', 'nats://a:b', 'a b'])('NATS_URL=%s is refused', (url) => {
      const { status, said } = withServer().run({ NATS_URL: url });
      expect(said).toMatch(/setup: NATS_URL is not of the form/);
      expect(status).toBe(1);
    });

    test.each(['2.9.0', '2.10.29', '2.12.1', '3.0.0'])('version %s on PATH will do', (version) => {
      const { status, said } = checkout({ 'nats-server': natsServer(version) }).run();
      expect(said).not.toMatch(/nats/);
      expect(status).toBe(0);
    });

    test.each(['1.4.1', '2.2.0', '2.8.4', 'unknown'])('version %s on PATH is refused', (version) => {
      const { status, said } = checkout({ 'nats-server': natsServer(version) }).run();
      expect(said).toMatch(
        /setup: no nats-server 2.9 or newer \(.*path\/nats-server is (of an unknown version|\d\.\d)/,
      );
      expect(status).toBe(1);
    });

    test('the one in the cache will do', () => {
      const made = checkout();
      made.write('.cache/nats-server/nats-server', natsServer('2.10.0'));
      expect(made.run()).toMatchObject({ status: 0 });
    });

    test('without any, one line says what was tried and what helps', () => {
      const { status, said } = checkout().run();
      expect(said.trimEnd().split('\n').pop()).toMatch(
        /^setup: no nats-server 2\.9 or newer \(.*curl could not fetch .*\): install nats-server, or set NATS_URL/,
      );
      expect(status).toBe(1);
    });

    const aptGet = (version: string, needs: string): string => `#!/bin/sh
echo "apt-get $*" >>"$FAULTLINE_CHECKOUT/calls"
case " $* " in
  *" download "*) ${needs} cat >nats-server_1_amd64.deb <<'END'
${natsServer(version)}END
esac
`;
    const dpkgDeb =
      '#!/bin/sh\nmkdir -p "$3/usr/sbin"\ncp "$2" "$3/usr/sbin/nats-server"\nchmod 755 "$3/usr/sbin/nats-server"\n';
    const apt = (version: string, needs = ''): Checkout =>
      checkout({ 'apt-get': aptGet(version, needs), 'dpkg-deb': dpkgDeb });

    test('Debian gives one without being installed', () => {
      const made = apt('2.9.10');
      const { status, calls } = made.run({ FAULTLINE_CHECKOUT: made.dir });
      expect(calls.slice(-1)).toEqual(['apt-get -qq download nats-server']);
      expect(made.has('.cache/nats-server/nats-server')).toBe(true);
      expect(status).toBe(0);
    });

    test('where Debian has no package lists, it fetches its own and leaves the system as it is', () => {
      const made = apt('2.9.10', 'case $* in *Dir::State::lists=*) ;; *) exit 100 ;; esac;');
      const { status, calls } = made.run({ FAULTLINE_CHECKOUT: made.dir });
      const used = calls.filter((call) => call.startsWith('apt-get'));
      expect(used).toHaveLength(3);
      expect(used[1]).toMatch(/Dir::State::lists=.* update$/);
      expect(status).toBe(0);
    });

    test("where Debian's is too old, the official release is next", () => {
      const made = apt('2.1.2');
      const { status, said, calls } = made.run({ FAULTLINE_CHECKOUT: made.dir });
      expect(calls.pop()).toMatch(/^curl .*nats-server-v2[.]10[.]29-linux-amd64[.]tar[.]gz$/);
      expect(said).toMatch(/is 2\.1; .*apt-get download/);
      expect(status).toBe(1);
    });

    test('a release archive with another checksum is refused', () => {
      const made = checkout({ curl: '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho forged >"$2"\n' });
      const { status, said } = made.run();
      expect(said).toMatch(/SHA-256 is [0-9a-f]{64}, not e314da74/);
      expect(made.has('.cache/nats-server/nats-server')).toBe(false);
      expect(status).toBe(1);
    });

    test('a release archive with the checksum is unpacked', () => {
      const made = checkout();
      const name = 'nats-server-v2.10.29-linux-amd64';
      made.write(`${name}/nats-server`, natsServer('2.10.29'));
      execFileSync('tar', ['-czf', 'archive.tar.gz', name], { cwd: made.dir });
      const sum = execFileSync(
        'node',
        [
          '-e',
          "const c=require('crypto');process.stdout.write(c.createHash('sha256').update(require('fs').readFileSync('archive.tar.gz')).digest('hex'))",
        ],
        { cwd: made.dir, encoding: 'utf8' },
      );
      made.write('path/curl', '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp archive.tar.gz "$2"\n');
      expect(made.run({ NATS_SERVER_SHA256: sum })).toMatchObject({ status: 0 });
      expect(made.has('.cache/nats-server/nats-server')).toBe(true);
    });

    test('a platform whose checksum is not known needs the user to give it', () => {
      const uname = (fakes['uname'] ?? '').replace(/x86_64/g, 'riscv64');
      const { status, said } = checkout({ uname }).run();
      expect(said).toMatch(/linux-riscv64, give it as NATS_SERVER_SHA256/);
      expect(status).toBe(1);
    });
  });
});
