import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes what services export of their traces, as a collector would, and throws it away. */
export class SpanSink {
  /** Exports that came. */
  private exports = 0;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<SpanSink> {
    const server = createServer();
    const sink = new SpanSink(server);
    server.on('request', (request, response) => {
      sink.exports += 1;
      // An answer without content is a whole one, in protobuf: everything was taken.
      request.resume().on('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  /** Where spans are exported to. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Throws when nothing was ever exported: then nothing was measured. */
  check(): void {
    if (this.exports === 0) throw new Error('no spans were exported');
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
