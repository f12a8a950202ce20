import { RunFailed } from '../errors';
import { Guard } from './guard';
import { readable } from './readable-line';
import { type Ended, type ServiceCommand, ServiceProcess } from './service-process';

/** Starts the processes of a run, tells when one dies that should not, and leaves none behind. */
export class Supervisor {
  private readonly processes: ServiceProcess[] = [];
  private readonly guard = new Guard();
  private stopping = false;

  /** `onDeath` is called once for each process that ends without having been asked to. */
  constructor(private readonly onDeath: (error: RunFailed) => void) {
    process.once('exit', this.killAll);
  }

  start(command: ServiceCommand): ServiceProcess {
    const service = new ServiceProcess(command, this.guard);
    this.processes.push(service);
    void service.ended.then((ended) => {
      if (!this.stopping) this.onDeath(deathOf(service, ended, command.logFile));
    });
    return service;
  }

  /** Watches over a process that somebody else started, such as nats-server, in a group of its own. */
  watchGroup(group: number): void {
    this.guard.watch(group);
  }

  forgetGroup(group: number): void {
    this.guard.forget(group);
  }

  /**
   * Stops every process and waits until all are gone: one stage after the other, those of a stage together, and at last those that
   * no stage names. A stage needs the later ones to settle what it has in flight. Names those that had to be killed.
   */
  async stopAll(deadlineMillis: number, stages: readonly RegExp[] = []): Promise<string[]> {
    this.stopping = true;
    const killed: string[] = [];
    for (const stage of [...stages, /^/]) {
      const running = this.processes.filter((service) => !service.over && stage.test(service.instance));
      const ends = await Promise.all(running.map((service) => service.stop(deadlineMillis)));
      killed.push(
        ...running.filter((_, place) => ends[place]?.signal === 'SIGKILL').map((service) => service.instance),
      );
    }
    process.off('exit', this.killAll);
    return killed;
  }

  /** Nothing is watched over any more. Until then the guard holds those groups that were neither stopped nor forgotten. */
  close(): void {
    this.guard.close();
  }

  /** Ends everything at once, without waiting: also the last act of a laboratory that exits in the middle of a run. */
  readonly killAll = (): void => {
    this.stopping = true;
    for (const service of this.processes) service.kill();
  };
}

/** What a user wants to know about a service that died: which, how, and what it said last. */
export function deathOf(service: ServiceProcess, ended: Ended, logFile: string): RunFailed {
  const how = ended.error
    ? `could not be started (${ended.error.message})`
    : ended.signal
      ? `was ended by ${ended.signal}`
      : `ended with exit status ${ended.code ?? 'unknown'}`;
  return new RunFailed(`service ${service.instance} ${how}; all it printed is in ${logFile}`, {
    details: service.lastLines.map(readable),
    cause: ended.error,
  });
}
