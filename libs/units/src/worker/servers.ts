import { type ClockPort, Fifo } from '@faultline/hosting';

/** How a server came to its group: it slept and was woken for it, or it went on from the group before. */
export type ServerStart = 'woken' | 'switched';

type Task = (free: () => void, start: ServerStart) => void;

/** What the servers have done so far. */
export interface ServerUse {
  woken: number;
  switched: number;
  /** Microseconds that servers were at a group, summed over the servers. */
  busyMicros: number;
}

/** The k servers of a worker: as many groups as this are handled at once, the others wait their turn in order of arrival. */
export class Servers {
  private free: number;
  private readonly waiting = new Fifo<Task>();
  private readonly counted = { woken: 0, switched: 0 };
  /** Time spent at groups up to `sinceMicros`, when the number of busy servers last changed. */
  private busyMicros = 0;
  private sinceMicros = 0;

  constructor(
    private readonly count: number,
    private readonly clock: Pick<ClockPort, 'nowMicros'>,
  ) {
    this.free = count;
  }

  /** Runs `task` when a server is free; it must call the function it is given exactly once, when the server is free again. */
  run(task: Task): void {
    if (this.free === 0) {
      this.waiting.push(task);
      return;
    }
    this.passTime();
    this.free -= 1;
    this.start(task, 'woken');
  }

  get use(): ServerUse {
    this.passTime();
    return { ...this.counted, busyMicros: this.busyMicros };
  }

  private start(task: Task, start: ServerStart): void {
    this.counted[start] += 1;
    task(() => {
      const following = this.waiting.shift();
      if (!following) {
        this.passTime();
        this.free += 1;
        return;
      }
      this.start(following, 'switched');
    }, start);
  }

  private passTime(): void {
    const nowMicros = this.clock.nowMicros();
    this.busyMicros += (this.count - this.free) * (nowMicros - this.sinceMicros);
    this.sinceMicros = nowMicros;
  }
}
