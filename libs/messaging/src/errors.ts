/** No NATS server answered at the start. */
export class NatsUnreachable extends Error {
  constructor(
    readonly url: string,
    /** What the last attempt met. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `no NATS server answers at ${url} (${reason}): start one, or give the address of a running one`,
      options,
    );
    this.name = 'NatsUnreachable';
  }
}

/** The server runs without JetStream, which keeps the log. */
export class JetStreamMissing extends Error {
  constructor(options?: ErrorOptions) {
    super('the NATS server has no JetStream: start it with a `jetstream { store_dir: ... }` block', options);
    this.name = 'JetStreamMissing';
  }
}

/** The cluster has no leader, or does not answer: too many of its servers are away. */
export class JetStreamNotReady extends Error {
  constructor(options?: ErrorOptions) {
    super(
      'the NATS cluster has no JetStream leader: more than half of its servers must be running and reach each other',
      options,
    );
    this.name = 'JetStreamNotReady';
  }
}

/** The server cannot keep the stream: no space, no permission, or its limits are lower than what was asked for. */
export class StorageUnavailable extends Error {
  constructor(
    readonly stream: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the NATS server cannot keep stream ${stream}: ${reason}; free space, or ask for a smaller log`,
      options,
    );
    this.name = 'StorageUnavailable';
  }
}

/** One setting of a stream or consumer that is not what this version needs. */
export interface ConfigDifference {
  field: string;
  current: unknown;
  wanted: unknown;
  /** Whether the server can change it in place. */
  mutable: boolean;
}

/** A stream or consumer of that name exists with settings that cannot be changed in place. Nothing was touched. */
export class StreamConfigConflict extends Error {
  constructor(
    readonly owner: string,
    readonly differences: readonly ConfigDifference[],
  ) {
    const list = differences.map(
      (d) => `${d.field} is ${JSON.stringify(d.current)}, needed ${JSON.stringify(d.wanted)}`,
    );
    super(
      `${owner} exists with other settings (${list.join('; ')}): use another laboratory name, or delete it`,
    );
    this.name = 'StreamConfigConflict';
  }
}

/** The server refuses this message whatever the state of the log (too large, bad header): trying again is pointless. */
export class AppendImpossible extends Error {
  constructor(
    readonly subject: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`message for ${subject} cannot be appended: ${reason}`, options);
    this.name = 'AppendImpossible';
  }
}

export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
