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
    /** What each difference means, in words. */
    explained: readonly string[],
    /** What whoever meets this can do. */
    remedy: string,
  ) {
    super(`${owner} exists with settings the server cannot change (${explained.join('; ')}): ${remedy}`);
    this.name = 'StreamConfigConflict';
  }
}

/** Another stream keeps messages of these subjects already. Nothing was touched. */
export class SubjectsTaken extends Error {
  constructor(
    readonly stream: string,
    readonly subjects: readonly string[],
    /** Streams that have them, as far as the server says. */
    readonly holders: readonly string[],
    options?: ErrorOptions,
  ) {
    const who = holders.length > 0 ? `stream ${holders.join(', ')} keeps` : 'another stream keeps';
    super(
      `stream ${stream} cannot be made: ${who} messages of ${subjects.join(', ')} already; use another laboratory name, or remove that stream`,
      options,
    );
    this.name = 'SubjectsTaken';
  }
}

/** More copies were asked for than there are servers to keep them. */
export class ReplicasUnavailable extends Error {
  constructor(
    readonly stream: string,
    readonly replicas: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `stream ${stream} cannot have ${replicas} copies (${reason}): start as many servers as one cluster, each with enough room, or set FAULTLINE_REPLICAS lower`,
      options,
    );
    this.name = 'ReplicasUnavailable';
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
