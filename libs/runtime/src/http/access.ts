import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A day at the desk: after it the browser asks for the token again. */
const LOGIN_SECONDS = 12 * 3_600;
const COOKIE = 'faultline';

/**
 * Who may ask. A program shows the token itself (`Authorization: Bearer`); a browser, whose `EventSource` can set no header, logs in
 * once and shows a cookie. The cookie is not the token but a signature of when it ends, made with the token: a browser sends cookies
 * to every port of a host, so that whatever else listens there would learn the token; a new token ends all logins, and no server has
 * to remember any. There is no `?token=`, since addresses end up in histories and logs.
 */
export class Access {
  private readonly digest: Buffer;

  constructor(
    private readonly token: string,
    private readonly nowMillis: () => number = () => new Date().getTime(),
  ) {
    this.digest = digestOf(token);
  }

  /** Takes as long for a token that is nearly right as for any other. */
  isToken(shown: string): boolean {
    return timingSafeEqual(this.digest, digestOf(shown));
  }

  /** Whether the headers of a request show the token, or a login made with it. */
  admits(headers: IncomingHttpHeaders): boolean {
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
    if (bearer !== undefined) return this.isToken(bearer);
    return cookiesOf(headers).some((value) => this.isLogin(value));
  }

  /** The header that logs a browser in. It has no `Secure`, because on a machine of one's own there is no TLS to ask for. */
  loginCookie(): string {
    const end = Math.floor(this.nowMillis() / 1_000) + LOGIN_SECONDS;
    return cookie(`${end}.${this.signatureOf(end)}`, LOGIN_SECONDS);
  }

  private isLogin(value: string): boolean {
    const [, end, signature] = /^(\d{1,12})\.([\w-]+)$/.exec(value) ?? [];
    if (end === undefined || signature === undefined || Number(end) * 1_000 < this.nowMillis()) return false;
    return timingSafeEqual(digestOf(signature), digestOf(this.signatureOf(Number(end))));
  }

  private signatureOf(endSeconds: number): string {
    return createHmac('sha256', this.token).update(`faultline login until ${endSeconds}`).digest('base64url');
  }
}

/** The header that logs a browser out. */
export const LOGOUT_COOKIE = cookie('', 0);

function cookie(value: string, maxAgeSeconds: number): string {
  return `${COOKIE}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Strict`;
}

function cookiesOf(headers: IncomingHttpHeaders): string[] {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${COOKIE}=`)).map((pair) => pair.slice(COOKIE.length + 1));
}

/** Digests are of one length, which a comparison in constant time needs. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
