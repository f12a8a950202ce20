import { NEWEST_FORMAT, subjectsOf } from '@faultline/contracts';
import { ManualClock, memoryPorts, type MemoryPorts } from '@faultline/hosting';
import { pino } from 'pino';
import type { ServiceConfig } from './config';
import { ServicePorts } from './ports';

/** The ports of a service in this process, with what it buried and how it failed. */
export class MemoryServicePorts extends ServicePorts {
  readonly clock = new ManualClock(1_000);
  readonly memory: MemoryPorts = memoryPorts({ lab: 'lab', clock: this.clock });
  readonly config: ServiceConfig = {
    service: 'iommu',
    instance: 'iommu-test',
    session: 'session',
    leaseMillis: 3_000,
    trimAbove: 0.5,
    format: NEWEST_FORMAT,
    replicas: 1,
    snapshotEvents: 50_000,
    natsServers: [],
    lab: 'lab',
    runDirectory: undefined,
    logLevel: 'silent',
  };
  readonly logger = pino({ level: 'silent' });
  readonly subjects = subjectsOf('lab');
  readonly log = this.memory.log;
  readonly work = this.memory.work;
  readonly lanes = this.memory.lanes;
  readonly deadLetters = this.memory.deadLetters;
  readonly owners = this.memory.owners;
  readonly heads = this.memory.heads;
  readonly snapshots = this.memory.snapshots;
  readonly snapshotIndex = this.memory.snapshotIndex;
  readonly failures: Error[] = [];
  readonly buried: { subject: string; reason: string }[] = [];

  queueDepths(): Promise<[]> {
    return Promise.resolve([]);
  }
  reviveOwners(): Promise<void> {
    return Promise.resolve();
  }

  fail(error: Error): void {
    this.failures.push(error);
  }

  bury(letter: { subject: string }, cause: Error): Promise<void> {
    this.buried.push({ subject: letter.subject, reason: cause.message });
    return Promise.resolve();
  }
}
