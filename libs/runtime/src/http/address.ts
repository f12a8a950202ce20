import { BlockList, isIP } from 'node:net';

/** Where a service answers over HTTP, and who may ask. */
export interface HttpConfig {
  /** Address or name that it listens on. */
  host: string;
  /** 0: any free port, which the log names. */
  port: number;
  /** What every request has to show; absent: only this machine can ask, and only for what changes nothing. */
  token?: string;
}

const LOOPBACK = '127.0.0.1';
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Reads `[host:]port`; an IPv6 address stands in brackets. Undefined for what is none. */
export function parseAddress(text: string): Pick<HttpConfig, 'host' | 'port'> | undefined {
  const found = /^(?:(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/i.exec(text);
  if (!found) return undefined;
  const [, address, name, digits] = found;
  const port = Number(digits);
  if (port > 65_535 || (address !== undefined && isIP(address) !== 6)) return undefined;
  return { host: address ?? name ?? LOOPBACK, port };
}

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** An address as a URL has it. */
export const urlOf = (host: string, port: number): string =>
  `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
