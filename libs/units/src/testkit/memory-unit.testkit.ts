import { NEWEST_FORMAT, subjectsOf } from '@faultline/contracts';
import { ManualClock, memoryPorts, type MemoryPorts } from '@faultline/hosting';
import type { StateCodec, UnitLogger, UnitPorts } from '../common';
import type { AccessFeed } from '../segment/feed';

const quiet = (): void => undefined;

/** For units whose workloads are all generated. */
export const noTraces = (): AccessFeed => {
  throw new Error('there is no trace here');
};

/** States as copies that are remembered, with their number for bytes. */
export class RememberedStates implements StateCodec {
  private readonly states: unknown[] = [];

  encode(state: unknown): Uint8Array {
    this.states.push(structuredClone(state));
    return new TextEncoder().encode(`state ${this.states.length - 1}`);
  }

  decode(bytes: Uint8Array): unknown {
    const [, number] = /^state (\d+)$/.exec(new TextDecoder().decode(bytes)) ?? [];
    if (number === undefined) throw new Error('these bytes are no state');
    return structuredClone(this.states[Number(number)]);
  }
}

/** The ports of a unit in this process, with what it buried and how it failed. */
export class MemoryUnitPorts implements UnitPorts {
  readonly clock = new ManualClock(1_000);
  readonly memory: MemoryPorts = memoryPorts({ lab: 'lab', clock: this.clock });
  readonly config = {
    instance: 'unit-test',
    session: 'session',
    snapshotEvents: 50_000,
    format: NEWEST_FORMAT,
  };
  readonly logger: UnitLogger = { info: quiet, warn: quiet, error: quiet };
  readonly subjects = subjectsOf('lab');
  readonly log = this.memory.log;
  readonly work = this.memory.work;
  readonly lanes = this.memory.lanes;
  readonly deadLetters = this.memory.deadLetters;
  readonly snapshots = this.memory.snapshots;
  readonly snapshotIndex = this.memory.snapshotIndex;
  readonly states = new RememberedStates();
  readonly failures: Error[] = [];
  readonly buried: { subject: string; reason: string }[] = [];

  fail(error: Error): void {
    this.failures.push(error);
  }

  bury(letter: { subject: string }, cause: Error): Promise<void> {
    this.buried.push({ subject: letter.subject, reason: cause.message });
    return Promise.resolve();
  }
}
