import { RunFailed } from '../errors';
import { Guard } from './guard';
import { readable } from './readable-line';
import { type Ended, type ServiceCommand, ServiceProcess } from './service-process';

/** How often an instance is started again within the time; more often, and something is wrong that starting does not mend. */
const RESTARTS = 10;
const RESTART_MILLIS = 60_000;

/**
 * Starts the processes of a run and leaves none behind. One that a signal ended, as the kernel's out-of-memory killer or a user
 * does it, is started again: the others carry its work meanwhile, or wait for it. One that ends by itself knows why it cannot go on.
 */
export class Supervisor {
  private readonly processes: ServiceProcess[] = [];
  private readonly restarts = new Map<string, number[]>();
  private readonly guard = new Guard();
  private stopping = false;

  /**
   * @param onDeath hears of each process that ends without having been asked to, and is not started again
   * @param onRestart hears of each one that is
   */
  constructor(
    private readonly onDeath: (error: RunFailed) => void,
    private readonly onRestart: (line: string) => void = () => undefined,
  ) {
    process.once('exit', this.killAll);
  }

  start(command: ServiceCommand): ServiceProcess {
    const service = new ServiceProcess(command, this.guard);
    this.processes.push(service);
    void service.ended.then((ended) => {
      if (this.stopping) return;
      if (ended.signal && this.mayRestart(command.instance)) {
        this.processes.splice(this.processes.indexOf(service), 1);
        this.onRestart(`service ${command.instance} was ended by ${ended.signal}; starting it again`);
        this.start(command);
      } else this.onDeath(deathOf(service, ended, command.logFile));
    });
    return service;
  }

  private mayRestart(instance: string): boolean {
    const now = performance.now();
    const recent = (this.restarts.get(instance) ?? []).filter((at) => now - at < RESTART_MILLIS);
    this.restarts.set(instance, [...recent, now]);
    return recent.length < RESTARTS;
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
