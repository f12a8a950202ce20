import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subjectsOf } from '@faultline/contracts';
import { SeededRandom } from '@faultline/domain';
import type { LogMessage } from '@faultline/hosting';
import { LOG_FILE, RecordMissing, RecordReader, type RunSummary } from '@faultline/record';
import { createControlClient } from '@faultline/runtime';
import { ControlPlane } from '../../apps/lab/src/run/control-plane';
import { publishedHeads } from '../../apps/lab/src/run/published-heads';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { freshPorts, type TestPorts, TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { faultline, PATIENCE_MILLIS, REPOSITORY } from '../kit/command-line';
import { readHistory } from '../kit/history';
import { currentVersion } from '../histories/record';

jest.setTimeout(2 * PATIENCE_MILLIS);

const PROGRAM = join(REPOSITORY, 'dist/apps/event-log/src/main.js');
const HEAD_EVERY = 256;
const BURST = 64;
const KILLS = 6;

/** The event log as a process of its own. */
class EventLogProcess {
  err = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly child: ChildProcess;

  constructor(url: string, lab: string, folder: string, instance = 'event-log') {
    this.child = spawn(process.execPath, [PROGRAM], {
      env: {
        ...process.env,
        ...{ NATS_URL: url, FAULTLINE_LAB: lab, FAULTLINE_INSTANCE: instance },
        ...{ FAULTLINE_RUN_DIR: folder, LOG_LEVEL: 'error' },
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve({ code, signal })),
    );
  }

  async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** A log that is filled with a recorded run, bit by bit, and the folder it is recorded into. */
class RecordedLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'faultline-crash-'));
  readonly messages: LogMessage[];
  private readonly running = new Set<EventLogProcess>();
  /** Messages that are in the log. */
  fed = 0;

  private constructor(
    private readonly server: TestServer,
    readonly ports: TestPorts,
  ) {
    const lab = ports.lab;
    const { messages } = readHistory(`${currentVersion()}/quickstart`);
    this.messages = messages.map((message) => ({
      ...message,
      subject: message.subject.replace(/^[^.]+/, lab),
    }));
  }

  static async open(server: TestServer): Promise<RecordedLab> {
    return new RecordedLab(server, await freshPorts(server));
  }

  get length(): number {
    return this.messages.length;
  }

  start(instance?: string): EventLogProcess {
    const started = new EventLogProcess(this.server.url, this.ports.lab, this.folder, instance);
    this.running.add(started);
    void started.ended.then(() => this.running.delete(started));
    return started;
  }

  /** Appends messages of the run up to this one. */
  async feed(upTo: number): Promise<void> {
    while (this.fed < upTo) {
      const burst = this.messages.slice(this.fed, Math.min(upTo, this.fed + BURST));
      await Promise.all(
        burst.map(({ subject, headers, body, id }) => this.ports.log.append({ subject, headers, body, id })),
      );
      this.fed += burst.length;
    }
  }

  /** Last sequence in the record, 0 before there is one. */
  async position(): Promise<number> {
    try {
      const reader = await RecordReader.open(this.folder);
      return (await reader.head().finally(() => reader.close())).position;
    } catch (error) {
      if (error instanceof RecordMissing) return 0;
      throw error;
    }
  }

  /** When the write-ahead log was last written. */
  get writtenAt(): bigint {
    return (
      statSync(join(this.folder, `${LOG_FILE}-wal`), { throwIfNoEntry: false, bigint: true })?.mtimeNs ?? 0n
    );
  }

  recorded(upTo: number): Promise<boolean> {
    return eventually(`${upTo} recorded`, async () => (await this.position()) >= upTo, PATIENCE_MILLIS);
  }

  async finish(): Promise<RunSummary> {
    const client = createControlClient([this.server.url], 'crash-spec');
    await client.connect();
    const control = new ControlPlane(client, subjectsOf(this.ports.lab), {
      devices: [],
      iommus: [],
      processes: [],
      shards: [],
    });
    const summary = await control.ask('event-log.finish', { upToSequence: this.length }, PATIENCE_MILLIS);
    await client.close();
    return summary as RunSummary;
  }

  /** Whether the record is the log: every message once, in order, as it was written, chained as it was published. */
  async expectWhole(): Promise<void> {
    const reader = await RecordReader.open(this.folder);
    const heads = await publishedHeads(this.ports.heads);
    expect(await reader.verifyChain(heads)).toEqual({ whole: true, messages: this.length, first: null });
    let place = 0;
    for await (const { message } of reader.messages()) {
      const { subject, headers, body } = this.messages[place] ?? {
        subject: '',
        headers: null,
        body: new Uint8Array(0),
      };
      place += 1;
      expect({ ...message, body: Buffer.from(message.body).toString('hex') }).toEqual({
        ...{ sequence: place, subject, headers },
        body: Buffer.from(body).toString('hex'),
      });
    }
    await reader.close();
    const due = Array.from(
      { length: Math.floor(this.length / HEAD_EVERY) },
      (_, index) => (index + 1) * HEAD_EVERY,
    );
    expect(heads.map(({ position }) => position)).toEqual(expect.arrayContaining([...due, this.length]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((each) => each.end('SIGKILL')));
    await this.ports.link.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let server: TestServer;
let lab: RecordedLab;
beforeAll(async () => {
  server = await TestServer.start();
});
beforeEach(async () => {
  lab = await RecordedLab.open(server);
});
afterEach(() => lab.close());
afterAll(() => server.stop());

/** When a process is killed; each is waited for, and the kill follows at once. */
const MOMENTS = {
  'after a transaction, before its head is out': async (from: number) => {
    await eventually('a transaction', async () => (await lab.position()) > from, PATIENCE_MILLIS);
  },
  'while a transaction is written': async (_from: number, writtenAt: bigint) => {
    await eventually('bytes of a transaction', () => lab.writtenAt !== writtenAt, PATIENCE_MILLIS);
  },
  'with messages taken and not written': () => Promise.resolve(),
} as const;

describe('an event log that is killed', () => {
  const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 1_000_000);

  it(`leaves no gap and records nothing twice, whenever it was killed (FAULTLINE_SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    const moments = Object.entries(MOMENTS);
    const told: string[] = [];
    let interrupted = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const dying = lab.start();
      // It is up when it records what comes: then a moment means what it says.
      await lab.feed(lab.fed + 1);
      await lab.recorded(lab.fed);
      const [from, writtenAt] = [lab.fed, lab.writtenAt];
      await lab.feed(from + 1 + random.below(Math.floor(lab.length / (KILLS + 1)) - 1));
      const [name, moment] = moments[kill % moments.length] ?? ['', () => Promise.resolve()];
      await moment(from, writtenAt);
      expect(await dying.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
      const left = lab.fed - (await lab.position());
      interrupted += left > 0 ? 1 : 0;
      told.push(`${name}: killed with ${left} of ${lab.fed - from} messages not on disk`);
    }
    // Some kill must have come while messages were on their way to the disk, or nothing was tried.
    expect({ told, interrupted: interrupted > 0 }).toEqual({ told, interrupted: true });
    const last = lab.start();
    await lab.feed(lab.length);
    await lab.recorded(lab.length);
    const { audit, messages } = await lab.finish();
    expect({ messages, clean: audit.clean, broken: audit.chain.first }).toEqual({
      ...{ messages: lab.length, clean: true, broken: null },
    });
    expect(await last.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await lab.expectWhole();
    const audited = await faultline(['audit', lab.folder, '--nats', server.url]);
    expect(audited).toMatchObject({ exit: 0, err: '' });
    expect(audited.out).toMatch(/^record whole: its chain is that of all \d+ published heads, up to /m);
    expect(await faultline(['rebuild', lab.folder])).toMatchObject({
      ...{ exit: 0, err: '' },
      out: expect.stringContaining('projections identical') as string,
    });
  });

  it('has a second one beside it that gives way, and the record is whole', async () => {
    await lab.feed(BURST);
    const both = [lab.start('one'), lab.start('other')];
    const [first] =
      (await eventually(
        'one of them has failed',
        async () => {
          await lab.feed(Math.min(lab.length, 1 + (await lab.position())));
          const failed = both.filter(({ err }) => err !== '');
          return failed.length > 0 ? failed : undefined;
        },
        PATIENCE_MILLIS,
      )) ?? [];
    expect(first?.err).toMatch(
      /^event-log: the record .* is not at sequence \d+ any more: another writer is at it$/m,
    );
    expect(await first?.ended).toMatchObject({ code: 1 });
    await lab.feed(lab.length);
    await lab.recorded(lab.length);
    await lab.finish();
    const survivor = both.find((each) => each !== first);
    expect(await survivor?.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await lab.expectWhole();
  });
});
