import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { EventRing } from './event-ring';
import { FeedClient } from './feed-client';

/** A response whose client reads only when it is told to. */
class SlowResponse extends EventEmitter {
  written: string[] = [];
  writableLength = 0;
  write(text: string): void {
    this.written.push(text);
    this.writableLength += text.length;
  }
  end(): void {
    this.emit('close');
  }
  read(): void {
    this.writableLength = 0;
    this.emit('drain');
  }
}

it('sends every event to one who reads, and only the newest of each name, in their order, to one who does not', () => {
  const response = new SlowResponse();
  const client = new FeedClient(response as unknown as ServerResponse);
  const ring = new EventRing(10);
  const send = (name: string, number: number): void =>
    client.send(ring.add(name, { number, text: 'x'.repeat(200_000) }));
  const seen = () =>
    response.written.map((text) => /event: (\w+)\ndata: {"number":(\d+)/.exec(text)?.slice(1).join(' '));
  send('progress', 1);
  send('progress', 2);
  expect(seen()).toEqual(['progress 1', 'progress 2']);
  for (let number = 3; number < 1_000; number += 1) {
    send('queues', number);
    send('progress', number);
    expect(client.waiting).toBeLessThanOrEqual(2);
  }
  client.beat();
  expect(seen()).toEqual(['progress 1', 'progress 2']);
  response.read();
  expect(seen().slice(2)).toEqual(['queues 999', 'progress 999']);
  response.read();
  send('progress', 1_000);
  expect([seen().at(-1), client.waiting]).toEqual(['progress 1000', 0]);
  const ids = response.written.map((text) => Number(/-(\d+)\n/.exec(text)?.[1]));
  expect(ids).toEqual([...ids].sort((one, other) => one - other));
  response.read();
  client.beat();
  expect(response.written.at(-1)).toBe(': here\n\n');
});
