import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ControlVerbs,
  deadStream,
  type LabEvent,
  labSchema,
  logStream,
  type ResolvedScenario,
  subjectsOf,
  queuesOfScenario,
} from '@faultline/contracts';
import { NatsLog, nowMicros, provision } from '@faultline/messaging';
import { ControlClient, createControlClient } from '@faultline/runtime';
import { type Asker, Wiring } from '@faultline/units';
import type { ClientNats } from '@nestjs/microservices';
import type { Child, Children } from '../support/children';
import { until, within } from '../support/deadline';
import type { BenchServer } from '../support/server';
import type { Named } from '../support/usage';
import { type Observation, startServices } from './services';

const ANSWER_MILLIS = 20_000;
const FINISH_MILLIS = 600_000;

export interface LabOptions {
  lab: string;
  children: Children;
  bench: BenchServer;
  scenario: ResolvedScenario;
  /** Where each service writes a processor profile when it ends. */
  profileDirectory?: string;
  observation?: Observation;
}

/** The real services with one scenario, from their start to their end. Drives them as the command line does. */
export class Lab implements Asker {
  private readonly subjects: ReturnType<typeof subjectsOf>;
  private services: Child[] = [];
  private readonly log: NatsLog;
  private client: ClientNats | undefined;
  readonly directory: string;

  private constructor(private readonly options: LabOptions) {
    const { bench, lab } = options;
    this.subjects = subjectsOf(lab);
    this.log = new NatsLog(bench.link, { lab });
    this.directory = join(bench.directory, lab);
  }

  /** Starts the services, binds the devices. The devices wait for `go`. */
  static async start(options: LabOptions): Promise<Lab> {
    const lab = new Lab(options);
    const { scenario, bench } = options;
    await provision(bench.jsm, { lab: options.lab, queues: queuesOfScenario(scenario) });
    await mkdir(lab.directory, { recursive: true });
    await lab.append({ kind: 'ScenarioLoaded', run: options.lab, scenario, atMicros: nowMicros() });
    lab.services = await startServices({ ...options, directory: lab.directory });
    lab.client = createControlClient([bench.url], `bench ${options.lab}`);
    await lab.client.connect();
    await new Wiring(lab, scenario).wireUp();
    return lab;
  }

  async go(): Promise<void> {
    await this.ask('device-emulator.start', {});
  }

  /** Devices issue nothing more; resolves when everything under way has ended. */
  async halt(millis: number): Promise<void> {
    await this.ask('device-emulator.stop', {});
    await this.finished(millis);
  }

  /** Resolves when the devices have done all of their work. */
  async finished(millis: number): Promise<void> {
    const look = async (): Promise<true | undefined> =>
      (await this.ask('device-emulator.progress', {})).finished ? true : undefined;
    await until(look, millis, 'the end of the accesses');
  }

  ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    millis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    const { client } = this;
    if (!client) throw new Error('the laboratory is not connected');
    const control = new ControlClient(client, this.subjects, this.options.scenario);
    return this.options.children.race(control.ask(verb, request, millis));
  }

  /** Ends the run in the log and waits for the record's own summary of it, with the verdict of the audit. */
  async summary(reason: 'finished' | 'stopped'): Promise<unknown> {
    const upToSequence = await this.append({
      kind: 'RunEnded',
      run: this.options.lab,
      reason,
      atMicros: nowMicros(),
    });
    return this.ask('event-log.finish', { upToSequence }, FINISH_MILLIS);
  }

  processes(): Named[] {
    return this.services.map(({ name, pid }) => ({ name, pid }));
  }

  /** Says something to every service; resolves when each has answered. */
  async tellAll(message: object): Promise<void> {
    const told = Promise.all(this.services.map((service) => service.tell(message)));
    await this.options.children.race(within(told, ANSWER_MILLIS, 'the answers of all services'));
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.client?.close();
  }

  /** Removes what the run left: its log on the server and its record. */
  async remove(): Promise<void> {
    const { bench, lab } = this.options;
    for (const stream of [logStream(lab), deadStream(lab)]) await bench.jsm.streams.delete(stream);
    await rm(this.directory, { recursive: true, force: true });
  }

  private async append(event: LabEvent): Promise<number> {
    const headers = { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 };
    const body = labSchema.encode([event]);
    return (
      await this.log.append({
        subject: this.subjects.labLog,
        id: `bench-${event.kind}-${this.options.lab}`,
        headers,
        body,
      })
    ).sequence;
  }
}
