import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface ServerInfo {
  version: string;
  jetstream: boolean;
}

/** The client address from the file the server writes once it listens, or `undefined` while there is none. */
export async function readPortsFile(directory: string, pid: number): Promise<string | undefined> {
  const names = await readdir(directory).catch(() => []);
  const name = names.find((entry) => entry.endsWith(`_${pid}.ports`));
  if (name === undefined) return undefined;
  const text = await readFile(join(directory, name), 'utf8').catch(() => '');
  // The file may be seen before it is whole.
  const match = /"nats"\s*:\s*\[\s*"([^"]+)"/.exec(text);
  return match?.[1];
}

/** Connects and reads the greeting every NATS server begins with. Rejects when it does not come in time. */
export function greet(url: string, timeoutMillis: number): Promise<ServerInfo> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMillis, () => fail(new Error(`no greeting from ${url}`)));
    socket.on('error', fail);
    socket.on('close', () => reject(new Error(`${url} closed the connection`)));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const line = /^INFO (\{.*\})\s*\r?\n/.exec(text);
      if (!line?.[1]) return;
      socket.destroy();
      const info: unknown = JSON.parse(line[1]);
      resolve(toServerInfo(info));
    });
  });
}

function toServerInfo(info: unknown): ServerInfo {
  const record =
    typeof info === 'object' && info !== null ? new Map<string, unknown>(Object.entries(info)) : new Map();
  const version: unknown = record.get('version');
  return {
    version: typeof version === 'string' ? version : 'unknown',
    jetstream: record.get('jetstream') === true,
  };
}
