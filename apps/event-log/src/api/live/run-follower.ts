import { setImmediate } from 'node:timers/promises';
import { decodeLogBody, DecodeError, type LogEvent, type ResolvedScenario } from '@faultline/contracts';
import type { OpenRun } from '../runs/open-run';
import { LiveTally } from './live-tally';

/** How long one look may read before it is content with what it has: the record must be written meanwhile. */
const PATIENCE_MILLIS = 150;

/** Reads a record on as it grows, as long as somebody looks; a later look goes on where the last one stopped. */
export class RunFollower {
  readonly tally = new LiveTally();
  private reached = 0;
  private end = 0;
  private looking: Promise<void> | undefined;
  private known: ResolvedScenario | undefined;

  /** Sequence that the tally has reached, and the end of the record at the last look. */
  get position(): number {
    return this.reached;
  }
  get recordedTo(): number {
    return this.end;
  }

  get scenario(): ResolvedScenario | undefined {
    return this.known;
  }

  /** Reads on. Looks at the same time are one. Rejects as the record does. */
  look(run: OpenRun): Promise<void> {
    this.looking ??= this.read(run).finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async read(run: OpenRun): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLIS;
    this.known ??= await run.scenario();
    this.end = (await run.reader.head()).position;
    for await (const page of run.reader.pages({ from: this.reached + 1, to: this.end })) {
      for (const { message } of page) {
        this.tally.observe({ ...message, events: eventsOf(message.headers.schema, message.body) });
        this.reached = message.sequence;
      }
      if (performance.now() >= deadline) return;
      await setImmediate();
    }
  }
}

/** What cannot be decoded tells nothing; the audit holds it against the log. */
function eventsOf(schema: string, body: Uint8Array): LogEvent[] {
  try {
    return decodeLogBody(schema, body);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
