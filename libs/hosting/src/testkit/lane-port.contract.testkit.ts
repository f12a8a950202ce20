import {
  type LaneContext,
  type LaneHandler,
  LaneRejected,
  LaneUnavailable,
  type LanePort,
  type Running,
} from '../ports';
import { bytes, text } from './batches.testkit';
import { eventually, rejectionOf } from './eventually.testkit';

export interface LaneHarness {
  /** Two ends: what one serves the other can call. */
  client: LanePort;
  server: LanePort;
  /** Prefix of subjects that no other test uses. */
  prefix: string;
  close(): Promise<void>;
}

const LONG_MILLIS = 5_000;
const nothing = (): void => undefined;

/** What every lane port must do; `makeLanes` gives a fresh pair for each test. */
export function describeLanePort(name: string, makeLanes: () => Promise<LaneHarness>): void {
  describe(`lane port: ${name}`, () => {
    let harness: LaneHarness;
    let subject: string;
    const started: Running[] = [];
    const serve = async (
      handler: LaneHandler,
      onError: (error: Error) => void = nothing,
    ): Promise<Running> => {
      const running = await harness.server.serve(subject, handler, onError);
      started.push(running);
      return running;
    };
    const ask: Ask = async (body, millis = LONG_MILLIS, context) =>
      text(await harness.client.request(subject, bytes(body), millis, context));
    beforeEach(async () => {
      harness = await makeLanes();
      subject = `${harness.prefix}.cmd.mm.0.handle`;
    });
    afterEach(async () => {
      for (const running of started.splice(0)) await running.stop();
      await harness.close();
    });

    describeReplies(serve, ask);
    describeFailures(serve, ask, () => subject);
  });
}

type Serve = (handler: LaneHandler, onError?: (error: Error) => void) => Promise<Running>;
type Ask = (body: string, millis?: number, context?: LaneContext) => Promise<string>;

function describeReplies(serve: Serve, ask: Ask): void {
  it('replies, at once or later, also with nothing', async () => {
    await serve((body) => (text(body) === 'now' ? bytes('at once') : Promise.resolve(bytes(text(body)))));
    expect(await ask('now')).toBe('at once');
    expect(await ask('later')).toBe('later');
    expect(await ask('')).toBe('');
  });

  it('passes on the trace context of a request, and none where there is none', async () => {
    const contexts: (LaneContext | undefined)[] = [];
    await serve((body, context) => {
      contexts.push(context);
      return body;
    });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = [
      { record: 7, member: 0, traceparent: traceparent.replace('4b', '5c') },
      { record: 7, member: 3, traceparent },
      { record: 4_000_000_000, member: 0, traceparent },
    ];
    expect(await ask('traced', LONG_MILLIS, { traceparent, traced })).toBe('traced');
    expect(await ask('not', LONG_MILLIS)).toBe('not');
    expect(contexts).toEqual([{ traceparent, traced }, undefined]);
  });

  it('keeps many requests in flight apart, in whatever order they are answered', async () => {
    const waiting: (() => void)[] = [];
    await serve((body) => new Promise((resolve) => waiting.push(() => resolve(bytes(`re: ${text(body)}`)))));
    const names = Array.from({ length: 100 }, (_, i) => `request ${i}`);
    const replies = Promise.all(names.map((name) => ask(name)));
    await eventually('all requests', () => waiting.length === 100);
    for (const answer of waiting.reverse()) answer();
    expect(await replies).toEqual(names.map((name) => `re: ${name}`));
  });

  it('finishes what it has begun when it is stopped, and takes no more', async () => {
    let finish = nothing;
    const running = await serve((body) => {
      if (text(body) !== 'last') return bytes('still served');
      return new Promise((resolve) => (finish = () => resolve(bytes('finished'))));
    });
    const reply = ask('last');
    await eventually('the request', () => finish !== nothing);
    let stopped = false;
    const stopping = running.stop().then(() => (stopped = true));
    await eventually('no server', () => ask('too late').then(nothing, isNoResponders));
    expect(stopped).toBe(false);
    finish();
    expect(await reply).toBe('finished');
    await stopping;
  });
}

const isNoResponders = (error: unknown): boolean =>
  error instanceof LaneUnavailable && error.reason === 'no-responders';

function describeFailures(serve: Serve, ask: Ask, subject: () => string): void {
  it('says at once that nobody serves the lane', async () => {
    const began = performance.now();
    const error = await rejectionOf(ask('anyone?'));
    expect(error).toBeInstanceOf(LaneUnavailable);
    expect(error).toMatchObject({ subject: subject(), reason: 'no-responders' });
    expect(performance.now() - began).toBeLessThan(LONG_MILLIS / 2);
  });

  it('gives up after the time limit, and a late reply does no harm', async () => {
    let answer = nothing;
    await serve((body) =>
      text(body) === 'slow' ? new Promise((resolve) => (answer = () => resolve(bytes('late')))) : bytes('ok'),
    );
    const error = await rejectionOf(ask('slow', 30));
    expect(error).toBeInstanceOf(LaneUnavailable);
    expect(error).toMatchObject({ reason: 'timeout' });
    answer();
    expect(await ask('next')).toBe('ok');
  });

  it('gives up what has no reply when somebody else begins to serve: its server may be dead', async () => {
    let answer = nothing;
    await serve((body) =>
      text(body) === 'first'
        ? new Promise((resolve) => (answer = () => resolve(bytes('late'))))
        : bytes('old'),
    );
    const lost = rejectionOf(ask('first', 60_000));
    await eventually('the request', () => answer !== nothing);
    await serve(() => bytes('new'));
    expect(await lost).toBeInstanceOf(LaneUnavailable);
    expect(await lost).toMatchObject({ reason: 'new-server' });
    answer();
    expect(await ask('again')).toMatch(/old|new/);
  });

  it('passes a rejection on, thrown or promised', async () => {
    await serve((body) => {
      const rejection = new LaneRejected('lane', `cannot read ${text(body)}`);
      if (text(body) === 'a') throw rejection;
      return Promise.reject(rejection);
    });
    for (const body of ['a', 'b']) {
      const error = await rejectionOf(ask(body));
      expect(error).toBeInstanceOf(LaneRejected);
      expect(error).toMatchObject({ subject: subject(), reason: `cannot read ${body}` });
    }
  });

  it('reports other errors of a handler where it is served; the caller times out and the lane goes on', async () => {
    const errors: string[] = [];
    await serve(
      (body) => {
        if (text(body) === 'sync') throw new Error('broke at once');
        if (text(body) === 'async') return Promise.reject(new Error('broke later'));
        return bytes('ok');
      },
      (error) => errors.push(error.message),
    );
    expect(await rejectionOf(ask('sync', 30))).toMatchObject({ reason: 'timeout' });
    expect(await rejectionOf(ask('async', 30))).toMatchObject({ reason: 'timeout' });
    await eventually('both reports', () => errors.length === 2);
    expect(errors).toEqual(['broke at once', 'broke later']);
    expect(await ask('fine')).toBe('ok');
  });
}
