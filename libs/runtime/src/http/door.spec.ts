import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { eventually, rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { ask, DoorBench, type DoorBenchOptions, TOKEN } from './door.testkit';
import { RequestSignal } from './request-span';

class Limit extends createZodDto(z.object({ limit: z.coerce.number().int().min(1).max(9) })) {}
class Told extends createZodDto(z.object({ text: z.string() })) {}
class Foreseen extends Error {
  override readonly name = 'ForeseenError';
}

let asked: AbortSignal | undefined;

@Controller()
class RoomController {
  @Get('room')
  room(): string {
    return 'a room';
  }
  @Get('rooms/:name')
  named(@Param('name') name: string): string {
    return name;
  }
  @Get('limit')
  limit(@Query() query: Limit): number {
    return query.limit;
  }
  @Post('told')
  told(@Body() body: Told): Told {
    return body;
  }
  @Get('foreseen')
  foreseen(): never {
    throw new Foreseen('there is no such room');
  }
  @Get('unforeseen')
  unforeseen(): never {
    throw new Error('a secret of the house');
  }
  @Get('never')
  never(@RequestSignal() signal: AbortSignal): Promise<never> {
    asked = signal;
    return new Promise(() => undefined);
  }
}

@Module({ controllers: [RoomController] })
class RoomModule {}

const bench = new DoorBench();
const open = async (options: DoorBenchOptions = {}): Promise<string> => {
  const statusOf = (error: Error): number | undefined => (error instanceof Foreseen ? 404 : undefined);
  return (await bench.open({ modules: [RoomModule], statusOf }, options)).url;
};
const withToken = (headers: Record<string, string> = {}) => ({
  authorization: `Bearer ${TOKEN}`,
  ...headers,
});
const failure = async (response: Response) => [response.status, await response.json()] as const;

afterEach(() => bench.clear());

describe('without a token', () => {
  it('answers this machine, with headers that keep pages of others out', async () => {
    const response = await fetch(`${await open()}/room`);
    expect([response.status, await response.text()]).toEqual([200, 'a room']);
    const { headers } = response;
    expect(headers.get('content-security-policy')).toContain("default-src 'none';script-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each(['rebound.example', 'rebound.example:8080', '127.0.0.1.example', '10.0.0.1', '[::2]:80'])(
    'does not answer to the name %p',
    async (host) => {
      const { status, body } = await ask(`${await open()}/room`, { host });
      expect([status, JSON.parse(body)]).toEqual([
        421,
        { error: 'HostNotServed', message: expect.any(String) as string },
      ]);
    },
  );

  it.each(['localhost', 'localhost:1', '127.0.0.1', '[::1]:80'])('answers to the name %s', async (host) => {
    expect(await ask(`${await open()}/room`, { host })).toEqual({ status: 200, body: 'a room' });
  });

  it('changes nothing', async () => {
    const url = await open();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect(await failure(await fetch(`${url}/told`, { method }))).toMatchObject([
        403,
        { error: 'ChangeNotAllowed' },
      ]);
  });

  it('has no login: its page leads on', async () => {
    const response = await fetch(`${await open()}/login?next=/room`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/room']);
  });
});

describe('with a token', () => {
  it.each(['room', 'health/live', 'metrics', 'nowhere'])(
    'asks everybody for it, at /%s too',
    async (path) => {
      const url = await open({ http: { token: TOKEN } });
      const response = await fetch(`${url}/${path}`);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await failure(response)).toMatchObject([401, { error: 'TokenMissing' }]);
      expect((await fetch(`${url}/${path}`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(
        401,
      );
    },
  );

  it('serves who shows it, changes included', async () => {
    const url = await open({ http: { token: TOKEN } });
    expect(await (await fetch(`${url}/room`, { headers: withToken() })).text()).toBe('a room');
    const headers = withToken({ 'content-type': 'application/json' });
    const told = await fetch(`${url}/told`, { method: 'POST', headers, body: '{"text":"this"}' });
    expect([told.status, await told.json()]).toEqual([201, { text: 'this' }]);
  });

  it('logs a browser in, which then shows a cookie, and out again', async () => {
    const url = await open({ http: { token: TOKEN } });
    const page = await fetch(`${url}/room?a=b`, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login?next=%2Froom%3Fa%3Db']);
    const form = await (await fetch(`${url}/login?next=/room%22>`)).text();
    expect(form).toContain('name="next" value="/room&quot;&gt;"');
    const body = new URLSearchParams({ token: TOKEN, next: '/room' });
    const login = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
    expect([login.status, login.headers.get('location')]).toEqual([303, '/room']);
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${url}/room`, { headers: { cookie } })).status).toBe(200);
    const out = await fetch(`${url}/logout`, { method: 'POST', headers: { cookie }, redirect: 'manual' });
    expect(out.headers.get('set-cookie')).toMatch(/^faultline=; Max-Age=0;/);
  });

  it('lets a page of another origin change nothing, though the browser is logged in', async () => {
    const url = await open({ http: { token: TOKEN } });
    const headers = withToken({ origin: 'http://127.0.0.1:1' });
    const response = await fetch(`${url}/told`, { method: 'POST', headers });
    expect(await failure(response)).toMatchObject([403, { error: 'OriginForeign' }]);
    const own = await fetch(`${url}/logout`, {
      method: 'POST',
      headers: withToken({ origin: url }),
      redirect: 'manual',
    });
    expect(own.status).toBe(303);
  });

  it.each([
    ['a wrong token', { token: 'wrong' }, 401, 'TokenWrong'],
    ['no token', {}, 400, 'RequestInvalid'],
    ['another server to go on to', { token: TOKEN, next: '//example.org' }, 400, 'RequestInvalid'],
    ['another server in disguise', { token: TOKEN, next: '/\\example.org' }, 400, 'RequestInvalid'],
  ])('logs in nobody with %s', async (_, fields, status, error) => {
    const url = await open({ http: { token: TOKEN } });
    const body = new URLSearchParams(fields as Record<string, string>);
    const response = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await failure(response)).toMatchObject([status, { error }]);
  });
});

describe('says in one shape', () => {
  it.each([
    ['nowhere', 404, { error: 'NotFound', message: 'Cannot GET /nowhere' }],
    [
      'limit?limit=10',
      400,
      { error: 'RequestInvalid', message: 'limit: Too big: expected number to be <=9' },
    ],
    ['limit', 400, { error: 'RequestInvalid', message: expect.stringContaining('limit: ') as string }],
    ['foreseen', 404, { error: 'Foreseen', message: 'there is no such room' }],
    [
      'unforeseen',
      500,
      { error: 'InternalFailure', message: 'the service failed at this request; its log says why' },
    ],
    ['rooms/%FF', 400, { error: 'BadRequest', message: expect.any(String) as string }],
  ])('what is wrong with /%s', async (path, status, body) => {
    expect(await failure(await fetch(`${await open()}/${path}`))).toEqual([status, body]);
  });

  it.each([
    ['that a body is too large', `{"text":"${'x'.repeat(64 * 1024)}"}`, 413, 'PayloadTooLarge'],
    ['that a body is no JSON', '{"text', 400, 'BadRequest'],
    ['that a body is not what was expected', '{"text":5}', 400, 'RequestInvalid'],
  ])('%s', async (_, body, status, error) => {
    const url = await open({ http: { token: TOKEN } });
    const headers = withToken({ 'content-type': 'application/json' });
    const response = await fetch(`${url}/told`, { method: 'POST', headers, body });
    expect(await failure(response)).toMatchObject([status, { error }]);
  });

  it('that an answer is late, and lets go of what was to give it', async () => {
    const url = await open({ limits: { answerMillis: 50 } });
    expect(await failure(await fetch(`${url}/never`))).toMatchObject([503, { error: 'AnswerLate' }]);
    expect(asked?.aborted).toBe(true);
  });
});

it('lets go of a request whose client has gone', async () => {
  const gone = new AbortController();
  asked = undefined;
  const answer = fetch(`${await open()}/never`, { signal: gone.signal });
  await eventually('the request is under way', () => asked?.aborted === false);
  gone.abort();
  await rejectionOf(answer);
  await eventually('its signal is given', () => asked?.aborted === true);
});

it('closes connections beyond the most that it may have', async () => {
  const url = await open({ limits: { connections: 1 } });
  asked = undefined;
  const first = rejectionOf(fetch(`${url}/never`));
  await eventually('the request is under way', () => asked !== undefined);
  await rejectionOf(fetch(`${url}/room`));
  await bench.clear();
  await first;
});

it('logs one record a request, without what it shows', async () => {
  const url = await open({ http: { token: TOKEN } });
  await fetch(`${url}/room?secret=1`, { headers: withToken() });
  await eventually('it is logged', () => bench.lines.some((line) => line.includes('"request"')));
  const [line = ''] = bench.lines.filter(
    (each) => each.includes('"msg":"request"') && each.includes('"/room"'),
  );
  expect(JSON.parse(line)).toMatchObject({ method: 'GET', path: '/room', status: 200 });
  expect(bench.lines.join()).not.toContain(TOKEN);
  expect(bench.lines.join()).not.toContain('secret=1');
});

it('says that the address is taken', async () => {
  const url = await open();
  const port = Number(new URL(url).port);
  const refused = (await rejectionOf(open({ http: { port } }))) as Error;
  expect(refused.name).toBe('DoorNotOpened');
  expect(refused.message).toMatch(
    /^cannot listen on http:\/\/127\.0\.0\.1:\d+: .*EADDRINUSE.*; choose another address/,
  );
});
