/** No nats-server binary was found. */
export class NatsServerMissing extends Error {
  constructor(readonly tried: readonly string[]) {
    super(
      `no nats-server found (tried ${tried.join(', ')}): run scripts/setup.sh, or set NATS_SERVER_BIN to one`,
    );
    this.name = 'NatsServerMissing';
  }
}

/** nats-server did not start, or did not become ready in time. */
export class NatsServerFailed extends Error {
  constructor(
    readonly reason: string,
    readonly lastLines: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `nats-server ${reason}${lastLines.length > 0 ? `; its last words:\n  ${lastLines.join('\n  ')}` : ''}`,
      options,
    );
    this.name = 'NatsServerFailed';
  }
}
