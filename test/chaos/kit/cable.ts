import { connect, createServer, type Server, type Socket } from 'node:net';

/** One direction of a connection: bytes go through in order, late by what the cable makes them. */
class Lane {
  private lastDue = 0;

  constructor(
    private readonly cable: Cable,
    readonly from: Socket,
    readonly to: Socket,
  ) {
    from.on('data', (chunk) => this.carry(chunk));
    from.on('end', () => this.to.end());
    from.on('error', () => this.to.destroy());
    from.on('close', () => this.to.destroy());
    if (cable.isCut) from.pause();
  }

  private carry(chunk: Buffer): void {
    const now = performance.now();
    this.lastDue = Math.max(this.lastDue, now + this.cable.delayMillis);
    if (this.lastDue <= now) this.to.write(chunk);
    else setTimeout(() => this.to.destroyed || this.to.write(chunk), this.lastDue - now);
  }
}

/**
 * A TCP connection that can be cut: it stands between a process and a server. Cut silently, nothing passes and nobody is told, as when a
 * wire is pulled; what was sent meanwhile arrives when it is healed. Cut off, connections break and new ones do too.
 */
export class Cable {
  private readonly lanes = new Set<Lane>();
  private cut: 'no' | 'silently' | 'off' = 'no';
  delayMillis = 0;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  /** A cable to a port of this machine. */
  static async lay(target: number): Promise<Cable> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the cable has no port');
    const cable = new Cable(server, address.port);
    server.on('connection', (near) => cable.join(near, connect(target, '127.0.0.1')));
    return cable;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get isCut(): boolean {
    return this.cut === 'silently';
  }

  cutSilently(): void {
    this.cut = 'silently';
    for (const { from } of this.lanes) from.pause();
  }

  cutOff(): void {
    this.cut = 'off';
    this.breakAll();
  }

  /** What passes is late by so much from now on. */
  slow(millis: number): void {
    this.delayMillis = millis;
  }

  heal(): void {
    this.cut = 'no';
    this.delayMillis = 0;
    for (const { from } of this.lanes) from.resume();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.breakAll();
    await closed;
  }

  private join(near: Socket, far: Socket): void {
    const refuse = (): void => {
      near.destroy();
      far.destroy();
    };
    if (this.cut === 'off') {
      for (const socket of [near, far]) socket.on('error', refuse);
      return refuse();
    }
    near.setNoDelay(true);
    far.setNoDelay(true);
    const lanes = [new Lane(this, near, far), new Lane(this, far, near)];
    for (const lane of lanes) {
      this.lanes.add(lane);
      lane.from.on('close', () => this.lanes.delete(lane));
    }
  }

  private breakAll(): void {
    for (const { from } of [...this.lanes]) from.destroy();
  }
}
