import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { REPOSITORY } from '../kit/command-line';
import type { TracingConfig } from '@faultline/runtime';
import { OtlpReceiver } from '../kit/otlp-receiver';

/** Makes as many spans as it is told to, a line each time, and exports them; says how many were taken and lost, and what it logs. */
const PROGRAM = `
const { Tracing } = require(${JSON.stringify(join(REPOSITORY, 'dist/libs/runtime/src/tracing/tracing.js'))});
const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
const logger = { warn: (_, msg) => say({ msg: 'warn: ' + msg }), info: (_, msg) => say({ msg: 'info: ' + msg }) };
const config = { endpoint: process.argv[1], protocol: process.argv[2], headers: {}, ratio: 1 };
const tracing = new Tracing(config, { service: 'iommu', instance: 'one' }, logger);
const tracer = tracing.tracerFor('lab', { nowMicros: () => Date.now() * 1000 });
const traceparent = '00-' + 'a'.repeat(32) + '-' + 'b'.repeat(16) + '-01';
const tell = () => {
  const counts = tracing.families[0].samples().map(({ labels, value }) => [labels.result, value]);
  say({ counts: Object.fromEntries(counts) });
};
setInterval(tell, 50).unref();
require('node:readline').createInterface(process.stdin).on('line', async (line) => {
  if (line !== 'end') {
    for (let sequence = 1; sequence <= Number(line); sequence += 1)
      tracer.reads({ subject: 'lab.log.mm.0', sequence, headers: { schema: 'mm', traceparent } }).done();
    return tell();
  }
  const began = Date.now();
  await tracing.end();
  tell();
  say({ tookMillis: Date.now() - began });
  process.exit(0);
});`;

class Exporting {
  counts: Record<string, number> = {};
  readonly said: string[] = [];
  tookMillis: number | undefined;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(endpoint: string, protocol: TracingConfig['protocol'] = 'http/json') {
    this.child = spawn(process.execPath, ['-e', PROGRAM, `${endpoint}/v1/traces`, protocol], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    if (this.child.stdout)
      createInterface(this.child.stdout).on('line', (line) => {
        const said = JSON.parse(line) as {
          msg?: string;
          counts?: Record<string, number>;
          tookMillis?: number;
        };
        if (said.msg !== undefined) this.said.push(said.msg);
        this.counts = said.counts ?? this.counts;
        this.tookMillis ??= said.tookMillis;
      });
  }

  send(spans: number): void {
    this.child.stdin?.write(`${spans}\n`);
  }

  async counted(what: string, spans: number): Promise<void> {
    await eventually(`${spans} ${what}`, () => this.counts[what] === spans);
  }

  async end(): Promise<void> {
    this.child.stdin?.write('end\n');
    await this.ended;
  }
}

let receiver: OtlpReceiver;
beforeEach(async () => void (receiver = await OtlpReceiver.open()));
afterEach(() => receiver.close());

it.each([
  ['http/protobuf', 'application/x-protobuf'],
  ['http/json', 'application/json'],
] as const)('exports what there is at the end by %s, and counts it', async (protocol, contentType) => {
  const exporting = new Exporting(receiver.endpoint, protocol);
  exporting.send(3);
  await exporting.end();
  expect(exporting).toMatchObject({ counts: { exported: 3, dropped: 0 }, said: [] });
  expect(receiver.headers['content-type']).toBe(contentType);
  expect(receiver.spans.map(({ name }) => name)).toEqual(['process mm', 'process mm', 'process mm']);
  expect(receiver.spans[2]).toMatchObject({
    ...{ kind: 'consumer', traceId: 'a'.repeat(32), parentId: 'b'.repeat(16), error: undefined },
    attributes: { 'faultline.log.sequence': 3, 'messaging.system': 'nats' },
    resource: { 'service.name': 'iommu', 'faultline.lab': 'lab' },
  });
});

it('tells once that spans cannot be exported, counts them, and says when they can again', async () => {
  const exporting = new Exporting(receiver.endpoint);
  receiver.manner = 'forbids';
  for (const round of [1, 2]) {
    exporting.send(512);
    await exporting.counted('dropped', round * 512);
  }
  receiver.manner = 'takes';
  exporting.send(512);
  await exporting.counted('exported', 512);
  await exporting.end();
  expect(exporting.said).toEqual(['warn: traces cannot be exported', 'info: traces are exported again']);
});

it.each([['is away'], ['refuses'], ['is-silent']] as const)(
  'does not wait for a collector that %s: what is too much is dropped and counted',
  async (manner) => {
    const { endpoint } = receiver;
    if (manner === 'is away') await receiver.close();
    else receiver.manner = manner;
    const exporting = new Exporting(endpoint);
    exporting.send(10_000);
    // What waits for its export is bounded.
    await exporting.counted('dropped', 10_000 - 8_192);
    expect(exporting.said).toEqual(['warn: more spans than can be exported, some are dropped']);
    await exporting.end();
    expect(exporting.tookMillis).toBeLessThan(4_000);
    expect(exporting.said.at(-1)).toBe('warn: the last spans could not be exported in time');
    if (manner === 'is away') receiver = await OtlpReceiver.open();
  },
);
