import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { z } from 'zod';
import { createZodDto } from 'nestjs-zod';
import { Access, LOGOUT_COOKIE } from './access';
import type { HttpConfig } from './address';
import { LOGIN_PATH, wantsPage } from './gate';
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
    showPage(response, loginPage(query.next));
  }

  /** Takes a form or JSON. */
  @Post(LOGIN_PATH)
  login(@Body() login: Login, @Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    if (!this.access?.isToken(login.token)) {
      const refusal = new TokenWrong();
      if (!wantsPage(request)) throw refusal;
      response.statusCode = refusal.getStatus();
      return showPage(response, loginPage(login.next, refusal.message));
    }
    response.setHeader('set-cookie', this.access.loginCookie());
    seeOther(response, login.next);
  }

  @Post('/logout')
  logout(@Res() response: ServerResponse): void {
    response.setHeader('set-cookie', LOGOUT_COOKIE);
    seeOther(response, LOGIN_PATH);
  }
}

function showPage(response: ServerResponse, page: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page);
}

function seeOther(response: ServerResponse, location: string): void {
  response.writeHead(303, { location });
  response.end();
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (found) => ESCAPES[found] ?? found);

/** It has an icon of nothing, because a browser would ask for one without being logged in. */
const loginPage = (nextPath: string, complaint?: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="data:,">
    <title>Faultline: log in</title>
  </head>
  <body>
    <main>
      <h1>Faultline</h1>
${complaint === undefined ? '' : `      <p role="alert">${escape(complaint)}</p>\n`}      <form method="post" action="${LOGIN_PATH}">
        <input type="hidden" name="next" value="${escape(nextPath)}">
        <input type="text" value="faultline" autocomplete="username" hidden>
        <p><label>FAULTLINE_TOKEN of this service <input type="password" name="token" autocomplete="current-password" required autofocus></label></p>
        <p><button>Log in</button></p>
      </form>
    </main>
  </body>
</html>
`;
