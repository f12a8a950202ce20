import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';

/** The code of the console as it is written; the build copies it beside this file. */
const BROWSER = join(__dirname, 'browser');

/** Where the parts of the console are in the address space of the service. */
export const CONSOLE_PATH = '/console';

/** Serves the console: its page at `/`, its own files, and the two libraries that it draws with from where they are installed. */
@Injectable()
export class ConsoleAssets implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<ExpressAdapter>) {}

  onModuleInit(): void {
    // What the name stands for here is in a folder of its own: for Node.
    this.serve(`${CONSOLE_PATH}/vendor/lit-html`, join(dirname(require.resolve('lit-html')), '..'));
    this.serve(`${CONSOLE_PATH}/vendor/uplot`, dirname(require.resolve('uplot/dist/uPlot.esm.js')));
    this.serve(CONSOLE_PATH, BROWSER);
    this.serve('/', join(BROWSER, 'page'), 'index.html');
  }

  private serve(prefix: string, folder: string, index: string | false = false): void {
    this.host.httpAdapter.useStaticAssets(folder, {
      ...{ prefix, index, redirect: false, dotfiles: 'ignore', fallthrough: true },
      setHeaders: revalidated,
    });
  }
}

/**
 * Kept by the browser, and asked about each time: names of files stay the same from one version to the next, whose parts must not be
 * mixed. What has not changed costs an answer without a body.
 */
function revalidated(response: ServerResponse): void {
  response.setHeader('cache-control', 'private, no-cache');
}
