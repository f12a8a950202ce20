import { request } from 'node:http';
import { pino } from 'pino';
import type { ServiceConfig } from '../config';
import { CurrentEngagement } from '../current-engagement';
import { MemoryServicePorts } from '../memory-service.testkit';
import type { HttpConfig } from './address';
import type { DoorContent } from './content';
import { HttpDoor } from './door';
import { HTTP_LIMITS } from './limits';

export const TOKEN = 'a-token-for-the-specs';

/** Doors on free ports of loopback, all closed by `clear`. */
export class DoorBench {
  private readonly opened: HttpDoor[] = [];
  /** What was logged, as JSON lines. */
  readonly lines: string[] = [];

  /** A door of a service that has no laboratory yet. */
  async open(
    content: DoorContent,
    options: DoorBenchOptions = {},
  ): Promise<{ url: string; current: CurrentEngagement }> {
    const logger = pino({ level: 'debug' }, { write: (line: string) => void this.lines.push(line) });
    const current = new CurrentEngagement({ ...new MemoryServicePorts().config, ...options.config }, logger);
    const http = { host: '127.0.0.1', port: 0, ...options.http };
    const door = await HttpDoor.open(http, current, content, { ...HTTP_LIMITS, ...options.limits });
    this.opened.push(door);
    return { url: door.url, current };
  }

  async clear(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((door) => door.close()));
  }
}

export interface DoorBenchOptions {
  config?: Partial<ServiceConfig>;
  http?: Partial<HttpConfig>;
  limits?: Partial<typeof HTTP_LIMITS>;
}

/** A question with headers that `fetch` does not let its caller set, such as the host. */
export function ask(url: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject).end();
  });
}
