import type { IncomingMessage, ServerResponse } from 'node:http';
import { Access } from './access';
import { type HttpConfig, isLoopback } from './address';
import { ChangeNotAllowed, HostNotServed, OriginForeign, TokenMissing } from './refusals';

/** What stands in the way of a request before it meets a controller. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Where a browser logs in: the one place that is open to those without the token. */
export const LOGIN_PATH = '/login';

const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Lets in who may ask, whatever for: health and metrics are no exception, since a probe can show a bearer token as well as anybody.
 */
export function gate(config: HttpConfig): Middleware {
  const access = config.token === undefined ? undefined : new Access(config.token);
  const onlyHere = isLoopback(config.host);
  return (request, response, next) => {
    try {
      if (onlyHere) checkHost(request);
      if (!HARMLESS.has(request.method ?? '')) checkChange(request, access);
      if (access && pathOf(request) !== LOGIN_PATH && !access.admits(request.headers)) {
        if (request.method !== 'GET' || !wantsPage(request)) throw new TokenMissing();
        response.writeHead(303, { location: `${LOGIN_PATH}?next=${encodeURIComponent(request.url ?? '/')}` });
        response.end();
        return;
      }
      next();
    } catch (refusal) {
      if (refusal instanceof TokenMissing) response.setHeader('www-authenticate', 'Bearer');
      next(refusal);
    }
  };
}

export const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? '';

/**
 * A page of any site can make a name of its own lead to 127.0.0.1, and its scripts then count as ours. Elsewhere than on loopback
 * the token keeps them out, which the browser does not send to a name that it does not know.
 */
function checkHost({ headers }: IncomingMessage): void {
  const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([^:]+))(?::\d+)?$/i.exec(headers.host ?? '') ?? [];
  if (!isLoopback(address ?? name ?? '')) throw new HostNotServed(headers.host);
}

/** Every page of this machine is of one site, whatever its port, so that `SameSite` alone keeps none of them out. */
function checkChange({ method = '', headers }: IncomingMessage, access: Access | undefined): void {
  if (!access) throw new ChangeNotAllowed(method);
  const { origin, host } = headers;
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host) throw new OriginForeign(origin);
}

/** Somebody who looks at pages is shown one; a program is told. */
export const wantsPage = ({ headers }: IncomingMessage): boolean =>
  (headers.accept ?? '').includes('text/html');
