/** How the server's storage was set up, for every report. */
export interface Durability {
  /** When an acknowledged append survives a power cut. */
  text: string;
  /** Value for `sync_interval`, when the server has it. */
  syncInterval?: string;
}

/** Parses `2.9.10` and the like; `[0, 0]` for what it cannot read. */
function majorMinor(version: string): [number, number] {
  const match = /(\d+)\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : [0, 0];
}

/** What an acknowledgement of this server version means. `sync_interval` came with 2.10; 2.9 refuses a configuration with it. */
export function durabilityOf(version: string, wantedSyncInterval: string): Durability {
  const [major, minor] = majorMinor(version);
  if (major < 2 || (major === 2 && minor < 10))
    return { text: 'acknowledged before fsync, synced about every 2 minutes' };
  const text =
    wantedSyncInterval === 'always'
      ? 'synced to disk before every acknowledgement'
      : `acknowledged before fsync, synced every ${wantedSyncInterval}`;
  return { text, syncInterval: wantedSyncInterval };
}

/** Servers that have a log, or take part in its votes, in words. */
function copiesOf(replicas: number): string {
  if (replicas === 1) return 'one copy';
  return `${Math.floor(replicas / 2) + 1} of ${replicas} copies written before an acknowledgement`;
}

/** What is known of the durability of a log, for every report. The server that is somebody else's does not tell its `sync_interval`. */
export function describeDurability(facts: { version: string; replicas: number; own?: Durability }): string {
  const { version, replicas, own } = facts;
  const { text, syncInterval } = own ?? durabilityOf(version, '');
  const synced =
    own || syncInterval === undefined
      ? text
      : "acknowledged before fsync unless the server's sync_interval is 'always', which it does not tell";
  return `nats-server ${version}, ${copiesOf(replicas)}, ${synced}`;
}

/** A server's place in a cluster. */
export interface ClusterPlace {
  /** Name of the cluster. */
  name: string;
  /** Name of the server, which no other one of the cluster has: JetStream knows it by that. */
  serverName: string;
  /** Where it listens for the other servers. */
  port: number;
  /** Where the other servers listen for it. */
  otherPorts: readonly number[];
}

export interface ConfigFileOptions {
  host: string;
  /** -1: the server chooses a free one. */
  port: number;
  storeDir: string;
  portsDir: string;
  syncInterval?: string;
  maxStoreBytes?: number;
  cluster?: ClusterPlace;
}

/** The configuration file of a private server. */
export function configFile(options: ConfigFileOptions): string {
  const jetstream = [`  store_dir: ${JSON.stringify(options.storeDir)}`];
  if (options.syncInterval !== undefined)
    jetstream.push(`  sync_interval: ${JSON.stringify(options.syncInterval)}`);
  if (options.maxStoreBytes !== undefined) jetstream.push(`  max_file_store: ${options.maxStoreBytes}`);
  return [
    `host: ${JSON.stringify(options.host)}`,
    `port: ${options.port}`,
    `ports_file_dir: ${JSON.stringify(options.portsDir)}`,
    'jetstream {',
    ...jetstream,
    '}',
    ...(options.cluster ? clusterLines(options.host, options.cluster) : []),
    '',
  ].join('\n');
}

function clusterLines(host: string, { name, serverName, port, otherPorts }: ClusterPlace): string[] {
  const routes = otherPorts.map((other) => JSON.stringify(`nats-route://${host}:${other}`));
  return [
    `server_name: ${JSON.stringify(serverName)}`,
    'cluster {',
    `  name: ${JSON.stringify(name)}`,
    `  listen: ${JSON.stringify(`${host}:${port}`)}`,
    `  routes: [${routes.join(', ')}]`,
    '}',
  ];
}
