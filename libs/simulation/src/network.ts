import { drawSpread, SeededRandom, type Spread } from '@faultline/domain';
import {
  type Appended,
  type ClockPort,
  type LanePort,
  LaneUnavailable,
  type LogAppend,
  type LogMessage,
  type LogPort,
  type Running,
  type Scheduler,
} from '@faultline/hosting';

/** How the bus between the processes behaves. Model microseconds. */
export interface NetworkModel {
  /** From a process to the bus, or back. */
  hopMicros: Spread;
  /** Until the log has stored a message. */
  storeMicros: Spread;
  /** Probability that a request, or its reply, is lost; its sender notices when its patience ends. */
  loss: number;
  /** Probability that a request arrives twice. */
  duplication: number;
  /** How long the sender of a lost request waits before it notices. */
  patienceMicros: number;
}

/** A bus that costs next to nothing, so that what the hardware and the handlers cost is what is seen. */
export const QUICK_NETWORK: NetworkModel = {
  hopMicros: { median: 0.1, p99: 0.1 },
  storeMicros: { median: 0.1, p99: 0.1 },
  loss: 0,
  duplication: 0,
  patienceMicros: 1_000,
};

/** What travels over the simulated bus: each hop takes its time, drawn from the seed. */
export class Network {
  private readonly random: SeededRandom;

  constructor(
    readonly model: NetworkModel,
    private readonly clock: ClockPort,
    seed: number,
  ) {
    this.random = new SeededRandom(seed).fork('network');
  }

  /** Runs a delivery when it has arrived. */
  readonly deliver: Scheduler = (task) => {
    this.clock.after(drawSpread(this.random, this.model.hopMicros), task);
  };

  hop(): Promise<void> {
    return this.pass(drawSpread(this.random, this.model.hopMicros));
  }

  /** Runs the task when what is sent now has arrived at the log and is stored. */
  whenStored(task: () => void): void {
    const { hopMicros, storeMicros } = this.model;
    this.clock.after(drawSpread(this.random, hopMicros) + drawSpread(this.random, storeMicros), task);
  }

  pass(micros: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(micros, resolve));
  }

  /** Whether nothing is ever lost or doubled. */
  get isReliable(): boolean {
    return this.model.loss <= 0 && this.model.duplication <= 0;
  }

  isLost(): boolean {
    return this.happens(this.model.loss);
  }

  isDoubled(): boolean {
    return this.happens(this.model.duplication);
  }

  private happens(probability: number): boolean {
    return probability > 0 && this.random.unit() < probability;
  }
}

/** A log that is a hop away and takes its time to store. */
export class DistantLog implements LogPort {
  constructor(
    private readonly log: LogPort,
    private readonly network: Network,
  ) {}

  /** The way there and the storing are one wait: nobody sees what lies between. */
  append(message: LogAppend): Promise<Appended> {
    const { network, log } = this;
    return new Promise((resolve, reject) => {
      network.whenStored(() => {
        log.append(message).then((appended) => network.deliver(() => resolve(appended)), reject);
      });
    });
  }

  follow(options: Parameters<LogPort['follow']>[0]): Promise<Running> {
    return this.log.follow(options);
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    await this.network.hop();
    const last = await this.log.last(subject);
    await this.network.hop();
    return last;
  }

  fill(): Promise<number> {
    return this.log.fill();
  }

  lastSequence(): Promise<number> {
    return this.log.lastSequence();
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    return this.log.trim(floors);
  }
}

/** Lanes on which requests and replies are lost, and requests arrive twice. */
export class UnreliableLanes implements LanePort {
  constructor(
    private readonly lanes: LanePort,
    private readonly network: Network,
  ) {}

  request(subject: string, body: Uint8Array, timeoutMillis: number): Promise<Uint8Array> {
    if (this.network.isReliable) return this.lanes.request(subject, body, timeoutMillis);
    return this.requestOrLose(subject, body, timeoutMillis);
  }

  private async requestOrLose(subject: string, body: Uint8Array, timeoutMillis: number): Promise<Uint8Array> {
    const { network } = this;
    if (network.isLost()) return this.giveUp(subject);
    if (network.isDoubled()) void this.lanes.request(subject, body, timeoutMillis).catch(() => undefined);
    const reply = await this.lanes.request(subject, body, timeoutMillis);
    return network.isLost() ? this.giveUp(subject) : reply;
  }

  serve(...lane: Parameters<LanePort['serve']>): Promise<Running> {
    return this.lanes.serve(...lane);
  }

  private async giveUp(subject: string): Promise<never> {
    await this.network.pass(this.network.model.patienceMicros);
    throw new LaneUnavailable(subject, 'timeout');
  }
}
