import type { ServerResponse } from 'node:http';
import { Body, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { z } from 'zod';
import { createZodDto } from 'nestjs-zod';
import { Access, LOGOUT_COOKIE } from './access';
import type { HttpConfig } from './address';
import { LOGIN_PATH } from './gate';
import { TokenWrong } from './refusals';

/** The provider of the door's {@link HttpConfig}. */
export const HTTP_CONFIG = Symbol('HttpConfig');

/** A way on this service: what begins otherwise would lead to another one. */
const next = z
  .string()
  .max(2_000)
  .regex(/^\/(?![/\\])/, 'a path on this service')
  .default('/');

class Login extends createZodDto(z.object({ token: z.string().max(1_000), next })) {}
class LoginQuery extends createZodDto(z.object({ next })) {}

/** Where a browser shows the token, for a cookie. */
@ApiExcludeController()
@Controller()
export class LoginController {
  private readonly access: Access | undefined;

  constructor(@Inject(HTTP_CONFIG) { token }: HttpConfig) {
    this.access = token === undefined ? undefined : new Access(token);
  }

  @Get(LOGIN_PATH)
  page(@Query() query: LoginQuery, @Res() response: ServerResponse): void {
    if (!this.access) return seeOther(response, query.next);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(loginPage(query.next));
  }

  /** Takes a form or JSON. */
  @Post(LOGIN_PATH)
  login(@Body() login: Login, @Res() response: ServerResponse): void {
    if (!this.access?.isToken(login.token)) throw new TokenWrong();
    response.setHeader('set-cookie', this.access.loginCookie());
    seeOther(response, login.next);
  }

  @Post('/logout')
  logout(@Res() response: ServerResponse): void {
    response.setHeader('set-cookie', LOGOUT_COOKIE);
    seeOther(response, LOGIN_PATH);
  }
}

function seeOther(response: ServerResponse, location: string): void {
  response.writeHead(303, { location });
  response.end();
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (found) => ESCAPES[found] ?? found);

const loginPage = (nextPath: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">
    <title>Faultline: log in</title>
  </head>
  <body>
    <main>
      <h1>Faultline</h1>
      <form method="post" action="${LOGIN_PATH}">
        <input type="hidden" name="next" value="${escape(nextPath)}">
        <p><label>FAULTLINE_TOKEN of this service <input type="password" name="token" required autofocus></label></p>
        <p><button>Log in</button></p>
      </form>
    </main>
  </body>
</html>
`;
