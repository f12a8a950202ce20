import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JetStreamManager } from 'nats';
import { connectNats, type LinkStatus, type NatsLink } from '../connection';
import { NatsCluster, NatsServer, type NatsServerOptions } from '../launcher';
import { jetStreamOf, natsPorts, type NatsPorts, type NatsPortsOptions } from '../nats-ports';
import { provision, type ProvisionOptions } from '../provision';

let labs = 0;

/** A name no other test of this server uses. */
export const freshLab = (): string => `t${process.pid}-${labs++}`;

/** A real server for one spec file, in a directory of its own. */
export class TestServer {
  private constructor(
    readonly directory: string,
    public server: NatsServer,
  ) {}

  static async start(options: Pick<NatsServerOptions, 'maxStoreBytes'> = {}): Promise<TestServer> {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-messaging-'));
    return new TestServer(directory, await NatsServer.start({ storeDir: join(directory, 'js'), ...options }));
  }

  get url(): string {
    return this.server.url;
  }

  /** Ends the server as a crash would and starts it again on the same port and store. */
  async crashAndRestart(): Promise<void> {
    const { port } = this.server;
    await this.server.kill();
    this.server = await NatsServer.start({ storeDir: join(this.directory, 'js'), port });
  }

  link(onStatus?: (status: LinkStatus) => void): Promise<NatsLink> {
    return connectNats({ url: this.url, name: 'spec', onStatus });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A real cluster for one spec file, in a directory of its own. */
export class TestCluster {
  private constructor(
    readonly directory: string,
    readonly cluster: NatsCluster,
  ) {}

  static async start(size = 3): Promise<TestCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-cluster-'));
    return new TestCluster(directory, await NatsCluster.start({ directory, size }));
  }

  get url(): string[] {
    return this.cluster.urls;
  }

  link(): Promise<NatsLink> {
    return connectNats({ url: this.url, name: 'spec' });
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export interface TestPorts extends NatsPorts {
  lab: string;
  link: NatsLink;
  jsm: JetStreamManager;
}

/** Provisions a fresh laboratory and gives its ports over a connection of their own. */
export async function freshPorts(
  server: TestServer,
  options: Partial<ProvisionOptions> & Partial<NatsPortsOptions> = {},
): Promise<TestPorts> {
  const lab = freshLab();
  const link = await server.link();
  const jsm = await jetStreamOf(link);
  await provision(jsm, {
    queues: [],
    logMaxBytes: 64 * 1024 ** 2,
    snapshotMaxBytes: 16 * 1024 ** 2,
    ...options,
    lab,
  });
  return {
    lab,
    link,
    jsm,
    ...(await natsPorts(link, { ...options, lab })),
  };
}
