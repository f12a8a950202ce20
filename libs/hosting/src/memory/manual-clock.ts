import type { ClockPort } from '../ports';

interface Alarm {
  at: number;
  order: number;
  task(): void;
}

/** A clock that stands still until it is told to go on; alarms run inside {@link ManualClock.advance}, earliest first. */
export class ManualClock implements ClockPort {
  private readonly alarms: Alarm[] = [];
  private order = 0;

  constructor(private now = 0) {}

  nowMicros(): number {
    return this.now;
  }

  after(delayMicros: number, task: () => void): () => void {
    const alarm: Alarm = { at: this.now + Math.max(0, delayMicros), order: this.order++, task };
    this.alarms.push(alarm);
    return () => {
      const index = this.alarms.indexOf(alarm);
      if (index >= 0) this.alarms.splice(index, 1);
    };
  }

  /** Lets time pass and runs what falls due in it, at its own time. */
  advance(micros: number): void {
    const end = this.now + micros;
    for (let next = this.earliest(end); next; next = this.earliest(end)) {
      this.alarms.splice(this.alarms.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.task();
    }
    this.now = end;
  }

  private earliest(end: number): Alarm | undefined {
    let best: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.at > end) continue;
      if (!best || alarm.at < best.at || (alarm.at === best.at && alarm.order < best.order)) best = alarm;
    }
    return best;
  }
}
