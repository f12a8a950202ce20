import type { LogMessage, LogPort, Running } from '@faultline/hosting';
import { RecordAhead, RecordGap, RecordNotWritable, RecordTaken, RecordWriter } from '@faultline/record';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually, TestClock } from '../../../libs/hosting/src/testkit/eventually.testkit';
import { ListLog } from './list-log.testkit';
import { RecordIntake, type IntakeOptions } from './record-intake';

const headers = { schema: 'lab', version: 1, unit: 'lab', epoch: 0, cycle: 0 };
const clock = new TestClock();
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(more: Partial<IntakeOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-intake-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const writer = await RecordWriter.open(folder);
  cleanups.push(() => writer.close());
  const log = new ListLog();
  const failures: Error[] = [];
  const delays: number[] = [];
  const options: IntakeOptions = {
    log: log as unknown as LogPort,
    writer,
    clock,
    subject: 'lab.log.>',
    onDelay: (_, retryMicros) => delays.push(retryMicros),
    onFailure: (error) => failures.push(error),
    ...more,
  };
  const begin = async () => {
    const intake = new RecordIntake({ ...options });
    cleanups.push(() => intake.stop());
    await intake.start();
    return intake;
  };
  return { log, writer, failures, delays, begin };
}

/** A writer that does what the real one does, except where told. */
function withAppend(writer: RecordWriter, append: RecordWriter['append']): RecordWriter {
  return Object.create(writer, { append: { value: append } }) as RecordWriter;
}

describe('RecordIntake', () => {
  it('records what is in the log, and what comes', async () => {
    const { writer, begin, log } = await setUp();
    log.fill(20);
    const intake = await begin();
    await intake.recorded(20);
    log.fill(5);
    await intake.recorded(25);
    expect([writer.position, writer.rows, writer.bytes]).toEqual([25, 25, 25]);
  });

  it('goes on after the last message on disk', async () => {
    const { writer, begin, log } = await setUp();
    log.fill(10);
    const before = await begin();
    await before.recorded(10);
    await before.stop();
    log.fill(10);
    await (await begin()).recorded(20);
    expect(writer.rows).toBe(20);
  });

  it('writes what arrives during a transaction as the next one', async () => {
    const batches: number[] = [];
    const { writer } = await setUp();
    const slow = withAppend(writer, async (messages) => {
      batches.push(messages.length);
      return writer.append(messages);
    });
    const { begin, log } = await setUp({ writer: slow });
    const intake = await begin();
    log.fill(200);
    await intake.recorded(200);
    expect(batches.length).toBeLessThan(50);
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(200);
  });

  it('holds no more than its limit, however far the disk is behind', async () => {
    const { writer } = await setUp();
    let largest = 0;
    const watched = withAppend(writer, (messages) => {
      largest = Math.max(largest, messages.length);
      return writer.append(messages);
    });
    const { begin, log } = await setUp({ writer: watched, limits: { messages: 8, bytes: 1e6 } });
    log.fill(300);
    const intake = await begin();
    await intake.recorded(300);
    expect(largest).toBe(8);
    expect(intake.pauses).toBeGreaterThan(10);
    expect([writer.position, writer.rows]).toEqual([300, 300]);
  });

  it('keeps a batch that the disk does not take, and tries again', async () => {
    const { writer } = await setUp();
    let full = 2;
    const failing = withAppend(writer, (messages) => {
      full -= 1;
      return full >= 0
        ? Promise.reject(new RecordNotWritable('log.sqlite', 'the disk is full'))
        : writer.append(messages);
    });
    const { begin, log, delays, failures } = await setUp({ writer: failing });
    const intake = await begin();
    log.fill(30);
    await intake.recorded(30);
    expect([delays, failures]).toEqual([[250_000, 500_000], []]);
  });

  it('fails once and for all when the log has a gap', async () => {
    const message = (sequence: number): LogMessage => ({
      subject: 'lab.log.lab',
      sequence,
      headers,
      id: '',
      body: Uint8Array.of(1),
    });
    const running: Running = { stop: () => Promise.resolve() };
    const gapped: Pick<LogPort, 'follow' | 'lastSequence'> = {
      lastSequence: () => Promise.resolve(4),
      follow: ({ onMessage }) => {
        [1, 2, 4].forEach((sequence) => onMessage(message(sequence)));
        return Promise.resolve(running);
      },
    };
    const { begin, failures } = await setUp({ log: gapped as LogPort });
    const intake = await begin();
    await expect(intake.recorded(4)).rejects.toThrow(RecordGap);
    await eventually('the failure is told', () => failures.length === 1);
    await expect(intake.recorded(9)).rejects.toThrow(RecordGap);
  });

  it('stops when another writer is at the record, and writes nothing over it', async () => {
    const { writer, begin, log, failures } = await setUp();
    log.fill(10);
    const intake = await begin();
    await intake.recorded(10);
    const other = await RecordWriter.open(dirname(writer.path));
    cleanups.push(() => other.close());
    await other.append([{ ...log.messages[0], sequence: 11 } as LogMessage]);
    log.fill(2);
    await expect(intake.recorded(12)).rejects.toThrow(RecordTaken);
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('is not at sequence 10 any more: another writer is at it'),
    ]);
    expect([writer.rows, other.rows]).toEqual([10, 11]);
  });

  it('does not follow a log from beyond its end', async () => {
    const { begin, log } = await setUp();
    log.fill(10);
    const before = await begin();
    await before.recorded(10);
    await before.stop();
    log.messages.length = 7;
    await expect(begin()).rejects.toThrow(RecordAhead);
  });

  it('writes what it took before it stops', async () => {
    const { writer, begin, log } = await setUp();
    const intake = await begin();
    log.fill(50);
    const taken = await eventually('something was taken', () => intake.position);
    await intake.stop();
    expect(writer.position).toBeGreaterThanOrEqual(taken);
    const end = writer.position;
    log.fill(5);
    expect(writer.position).toBe(end);
  });
});
