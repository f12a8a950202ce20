import { type ClientRequest, get } from 'node:http';
import { eventually } from '../../../../../libs/hosting/src/testkit/eventually.testkit';

/** One event as a client got it. */
export interface GotEvent {
  id: string;
  name: string;
  data: Record<string, unknown>;
}

/** A client of the live feed that reads server-sent events as a browser does. */
export class FeedReader {
  readonly events: GotEvent[] = [];
  status = 0;
  text = '';
  isOver = false;
  private rest = '';
  private readonly request: ClientRequest;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.request = get(url, { headers }, (response) => {
      this.status = response.statusCode ?? 0;
      response.setEncoding('utf8').on('data', (chunk: string) => this.take(chunk));
      response.on('close', () => (this.isOver = true));
    });
    this.request.on('error', () => (this.isOver = true));
  }

  /** The first event of a name that is as it should be, of those that came or will. */
  async next(name: string, isRight: (data: GotEvent['data']) => boolean = () => true): Promise<GotEvent> {
    const found = (): GotEvent | undefined =>
      this.events.find((event) => event.name === name && isRight(event.data));
    return (await eventually(`an event ${name}`, found)) as GotEvent;
  }

  close(): void {
    this.request.destroy();
  }

  private take(chunk: string): void {
    this.text += chunk;
    const blocks = (this.rest + chunk).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, name, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (id !== undefined && name !== undefined)
        this.events.push({ id, name, data: JSON.parse(data ?? '{}') as GotEvent['data'] });
    }
  }
}
