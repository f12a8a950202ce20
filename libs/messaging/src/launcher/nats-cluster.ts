import { join } from 'node:path';
import type { ClusterPlace } from './config';
import { freePorts } from './free-ports';
import { NatsServer, type NatsServerOptions } from './nats-server';

export interface NatsClusterOptions extends Pick<
  NatsServerOptions,
  'binary' | 'readyMillis' | 'syncInterval'
> {
  /** Where the servers keep their logs, each in a directory of its own. */
  directory: string;
  /** How many servers; default 3. */
  size?: number;
}

interface Node {
  port: number;
  options: NatsServerOptions;
  /** Absent while it is dead. */
  server: NatsServer | undefined;
}

/** Several nats-servers on the loopback interface that keep streams together. For tests: they share one disk and one machine. */
export class NatsCluster {
  private constructor(private readonly nodes: readonly Node[]) {}

  /** Rejects with `NatsServerMissing` or `NatsServerFailed`. Who elects whom takes a moment longer: ask again until it is settled. */
  static async start(options: NatsClusterOptions): Promise<NatsCluster> {
    const size = options.size ?? 3;
    // Each must know all others before any of them runs, so the servers cannot choose for themselves.
    const ports = await freePorts(2 * size);
    const [clientPorts, routePorts] = [ports.slice(0, size), ports.slice(size)];
    const nodes = clientPorts.map((port, index): Node => {
      const { directory, binary, readyMillis, syncInterval } = options;
      const cluster: ClusterPlace = {
        name: 'faultline',
        serverName: `node-${index}`,
        port: routePorts[index] ?? 0,
        otherPorts: routePorts.filter((_, other) => other !== index),
      };
      const storeDir = join(directory, cluster.serverName);
      return {
        port,
        options: { storeDir, port, binary, readyMillis, syncInterval, cluster },
        server: undefined,
      };
    });
    const starts = nodes.map(async (node) => (node.server = await NatsServer.start(node.options)));
    const failed = (await Promise.allSettled(starts)).find((start) => start.status === 'rejected');
    const cluster = new NatsCluster(nodes);
    if (!failed) return cluster;
    await cluster.stop();
    throw failed.reason;
  }

  /** Addresses of all servers, dead ones included. */
  get urls(): string[] {
    return this.nodes.map(({ port }) => `nats://127.0.0.1:${port}`);
  }

  get size(): number {
    return this.nodes.length;
  }

  /** Which server has this name; -1 for none. */
  indexOf(serverName: string): number {
    return this.nodes.findIndex(({ options }) => options.cluster?.serverName === serverName);
  }

  /** Ends one as a crash would. */
  async kill(index: number): Promise<void> {
    const node = this.nodes[index];
    await node?.server?.kill();
    if (node) node.server = undefined;
  }

  /** Starts one that is dead, with what it kept. */
  async revive(index: number): Promise<void> {
    const node = this.nodes[index];
    if (node && !node.server) node.server = await NatsServer.start(node.options);
  }

  /** Ends all. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(async ({ server }) => server?.stop()));
  }
}
