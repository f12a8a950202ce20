import { hashOf } from '@faultline/domain';
import { Fifo } from '../fifo';
import { retryDelayMillis, type ClockPort, type LogMessage, type WorkMessage, type Working } from '../ports';
import type { MemoryLog } from './memory-log';
import type { LogReader } from './subject-log';
import { toError } from '../to-error';
import { Pump, type Scheduler } from './scheduler';

export interface MemoryQueueOptions {
  log: MemoryLog;
  subject: string;
  clock: ClockPort;
  ackWaitMicros: number;
  schedule: Scheduler;
}

interface Worker {
  prefetch: number;
  unsettled: number;
  onWork(message: WorkMessage): void;
  onError(error: Error): void;
}

/** One message between its first delivery and its settlement. */
interface Open {
  message: LogMessage;
  deliveries: number;
  /** Settled for good, perhaps by a late acknowledgement while it waits to be delivered again. */
  isOver: boolean;
  /** Ends the deadline or the pause that runs now. */
  cancel(): void;
}

/**
 * One IOPF queue in memory: first in, first out, what comes back before what is new; free workers take turns. Each queue begins with
 * another one: a burst on all queues would meet the same few workers otherwise.
 */
export class MemoryQueue implements LogReader {
  /** What nobody was given yet. */
  private readonly fresh = new Fifo<LogMessage>();
  private readonly pump: Pump;
  private readonly again: Open[] = [];
  private readonly workers: Worker[] = [];
  private turn: number;

  constructor(private readonly options: MemoryQueueOptions) {
    this.pump = new Pump(options.schedule, () => this.deliver());
    this.turn = hashOf(options.subject);
    options.log.attach(options.subject, this);
  }

  offer(message: LogMessage): void {
    this.fresh.push(message);
    this.pump.wake();
  }

  join(options: {
    prefetch: number;
    onWork(message: WorkMessage): void;
    onError(error: Error): void;
  }): Working {
    const worker: Worker = {
      prefetch: options.prefetch,
      unsettled: 0,
      onWork: (message) => options.onWork(message),
      onError: (error) => options.onError(error),
    };
    this.workers.push(worker);
    this.pump.wake();
    return {
      ackWaitMillis: this.options.ackWaitMicros / 1_000,
      stop: () => {
        const index = this.workers.indexOf(worker);
        if (index >= 0) this.workers.splice(index, 1);
        return Promise.resolve();
      },
    };
  }

  private deliver(): void {
    for (;;) {
      const index = this.freeWorker();
      const worker = index === undefined ? undefined : this.workers[index];
      if (index === undefined || !worker) return;
      const open = this.take();
      if (!open) return;
      this.turn = index + 1;
      this.deliverTo(worker, open);
    }
  }

  /** Place of the next worker with room, in turn. */
  private freeWorker(): number | undefined {
    if (this.again.length === 0 && this.fresh.length === 0) return undefined;
    for (let i = 0; i < this.workers.length; i++) {
      const index = (this.turn + i) % this.workers.length;
      const worker = this.workers[index];
      if (worker && worker.unsettled < worker.prefetch) return index;
    }
    return undefined;
  }

  private take(): Open | undefined {
    for (let open = this.again.shift(); open; open = this.again.shift()) if (!open.isOver) return open;
    const message = this.fresh.shift();
    return message && { message, deliveries: 0, isOver: false, cancel: () => undefined };
  }

  private deliverTo(worker: Worker, open: Open): void {
    open.deliveries++;
    worker.unsettled++;
    const delivery = new Delivery(worker, open, this.settlement, open.deliveries);
    delivery.extend();
    try {
      worker.onWork(delivery);
    } catch (thrown) {
      delivery.retry(retryDelayMillis(open.deliveries));
      worker.onError(toError(thrown));
    }
  }

  private readonly settlement: Settlement = {
    close: (open) => {
      open.cancel();
      open.isOver = true;
      this.pump.wake();
    },
    freed: () => this.pump.wake(),
    returnAfter: (open, micros) => {
      open.cancel();
      const giveBack = (): void => {
        open.cancel = () => undefined;
        this.again.push(open);
        this.pump.wake();
      };
      if (micros <= 0) return giveBack();
      open.cancel = this.options.clock.after(micros, giveBack);
    },
    ackWaitMicros: () => this.options.ackWaitMicros,
  };
}

interface Settlement {
  close(open: Open): void;
  freed(): void;
  returnAfter(open: Open, micros: number): void;
  ackWaitMicros(): number;
}

class Delivery implements WorkMessage {
  private settled = false;

  constructor(
    private readonly worker: Worker,
    private readonly open: Open,
    private readonly settlement: Settlement,
    readonly deliveries: number,
  ) {}

  get subject(): string {
    return this.open.message.subject;
  }
  get sequence(): number {
    return this.open.message.sequence;
  }
  get headers(): LogMessage['headers'] {
    return this.open.message.headers;
  }
  get id(): string {
    return this.open.message.id;
  }
  get body(): Uint8Array {
    return this.open.message.body;
  }
  get records(): readonly unknown[] | undefined {
    return this.open.message.records;
  }

  ack(): void {
    // An acknowledgement counts even when the deadline has passed and someone else has the message.
    if (this.settle()) this.settlement.close(this.open);
  }

  extend(): void {
    if (!this.settled && this.current())
      this.settlement.returnAfter(this.open, this.settlement.ackWaitMicros());
  }

  retry(delayMillis: number): void {
    if (this.settle() && this.current()) this.settlement.returnAfter(this.open, delayMillis * 1000);
    this.settlement.freed();
  }

  terminate(_reason: string): void {
    if (this.settle()) this.settlement.close(this.open);
  }

  private current(): boolean {
    return this.open.deliveries === this.deliveries;
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.worker.unsettled--;
    return true;
  }
}
