import { isLoopback, parseAddress } from './address';

it.each([
  ['8080', '127.0.0.1', 8080],
  ['127.0.0.1:0', '127.0.0.1', 0],
  ['localhost:80', 'localhost', 80],
  ['0.0.0.0:8080', '0.0.0.0', 8080],
  ['[::1]:8080', '::1', 8080],
  ['event-log.local:65535', 'event-log.local', 65_535],
])('%s is %s and %i', (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port });
});

it.each(['', 'localhost', 'localhost:', '65536', '::1:80', '[1.2.3.4]:80', 'a b:80', 'http://a:80', '-1'])(
  '%p is no address',
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);

it.each([
  ...[
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['LocalHost', true],
    ['::1', true],
  ],
  ...[
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['128.0.0.1', false],
    ['localhost.example', false],
    ['127.0.0.1.example', false],
    ['', false],
  ],
] as [string, boolean][])('whether %p is of this machine only: %p', (host, here) => {
  expect(isLoopback(host)).toBe(here);
});
