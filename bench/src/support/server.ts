import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logStream } from '@faultline/contracts';
import { connectNats, jetStreamOf, type NatsLink, NatsServer } from '@faultline/messaging';
import type { JetStreamManager } from 'nats';

/** Last messages that stay when a log is cut: every subject's last one must be among them, because it fences the next append. */
const KEPT_MESSAGES = 20_000;

/** The one NATS server that all systems share, in a directory that goes with it. */
export class BenchServer {
  private constructor(
    readonly server: NatsServer,
    readonly link: NatsLink,
    readonly jsm: JetStreamManager,
    readonly directory: string,
  ) {}

  static async start(): Promise<BenchServer> {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
    let server: NatsServer | undefined;
    try {
      server = await NatsServer.start({ storeDir: join(directory, 'nats') });
      const link = await connectNats({ url: server.url, name: 'bench' });
      return new BenchServer(server, link, await jetStreamOf(link), directory);
    } catch (error) {
      await server?.stop();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return this.server.url;
  }

  /** Throws the older part of a log away, so that the disk does not fill up over the rounds. */
  async cutLog(lab: string): Promise<void> {
    const stream = logStream(lab);
    const { last_seq } = (await this.jsm.streams.info(stream)).state;
    if (last_seq > KEPT_MESSAGES) await this.jsm.streams.purge(stream, { seq: last_seq - KEPT_MESSAGES });
  }

  async stop(): Promise<void> {
    await this.link.close();
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
