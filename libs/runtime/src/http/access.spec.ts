import { Access } from './access';
import { TOKEN } from './door.testkit';

let now = 1_000_000_000_000;
const access = new Access(TOKEN, () => now);
const cookie = (header: string) => ({ cookie: header.split(';')[0] });

it('admits who shows the token, whole', () => {
  expect(access.admits({ authorization: `Bearer ${TOKEN}` })).toBe(true);
  expect(access.admits({ authorization: `bearer  ${TOKEN} ` })).toBe(true);
  for (const authorization of [
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    TOKEN,
    `Basic ${TOKEN}`,
    'Bearer',
  ])
    expect([authorization, access.admits({ authorization })]).toEqual([authorization, false]);
  expect(access.admits({})).toBe(false);
});

it('admits a browser that has logged in until half a day is over, and whatever other cookies it has', () => {
  const login = access.loginCookie();
  expect(login).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(login).not.toContain(TOKEN);
  const headers = { cookie: `theme=dark; faultline=; ${cookie(login).cookie}` };
  expect(access.admits(headers)).toBe(true);
  now += 12 * 3_600_000 - 1_000;
  expect(access.admits(headers)).toBe(true);
  now += 2_000;
  expect(access.admits(headers)).toBe(false);
});

it('admits no login that another token made, that was made longer, or that is none', () => {
  const login = cookie(access.loginCookie()).cookie ?? '';
  expect(new Access('another-token-than-that', () => now).admits({ cookie: login })).toBe(false);
  const [end, signature] = login.replace('faultline=', '').split('.');
  for (const value of [
    `${Number(end) + 1}.${signature}`,
    `${end}.`,
    `${end}`,
    `.${signature}`,
    `${end}.${TOKEN}`,
    TOKEN,
  ])
    expect([value, access.admits({ cookie: `faultline=${value}` })]).toEqual([value, false]);
});
