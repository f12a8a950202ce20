import {
  type ControlVerbs,
  type DeviceProgress,
  type IommuProgress,
  type LabEvent,
  labSchema,
  type MmProgress,
  type ResolvedScenario,
  type ServiceName,
  subjectsOf,
} from '@faultline/contracts';
import { from } from 'rxjs';
import { DeviceEmulatorService } from '../../apps/device-emulator/src/device-emulator.service';
import { IommuService } from '../../apps/iommu/src/iommu.service';
import { IopfWorkerService } from '../../apps/iopf-worker/src/iopf-worker.service';
import { ControlPlane } from '../../apps/lab/src/run/control-plane';
import { wireUp } from '../../apps/lab/src/run/wiring';
import { MmHandlerService } from '../../apps/mm-handler/src/mm-handler.service';
import { AccessWatch } from './access-watch';
import { KitPorts, type PathPorts } from './kit-ports';

type ControlClient = ConstructorParameters<typeof ControlPlane>[0];
type Request<V extends keyof ControlVerbs> = ControlVerbs[V]['request'];

/** How far everything is. */
export interface LaboratoryProgress {
  devices: DeviceProgress;
  iommus: IommuProgress;
  mm: MmProgress;
}

/**
 * The services of the path in this process, as their modules would run them, on ports of the test's choice. What the command line
 * does with a laboratory is done here by its own code.
 */
export class Laboratory {
  readonly devices: DeviceEmulatorService;
  readonly iommus: IommuService;
  readonly mm: MmHandlerService;
  readonly workers: IopfWorkerService[];
  readonly accesses: AccessWatch;
  readonly failures: Error[] = [];
  private readonly ports: KitPorts[] = [];
  private appended = 0;

  /** @param world gives the ports of an instance; services may share them or not */
  constructor(
    readonly lab: string,
    readonly scenario: ResolvedScenario,
    private readonly world: (instance: string) => PathPorts,
  ) {
    this.mm = new MmHandlerService(this.portsOf('mm-handler'));
    this.iommus = new IommuService(this.portsOf('iommu'));
    this.devices = new DeviceEmulatorService(this.portsOf('device-emulator'));
    this.workers = Array.from(
      { length: scenario.workers.processes },
      (_, index) => new IopfWorkerService(this.portsOf('iopf-worker', `iopf-worker-${index + 1}`)),
    );
    this.accesses = new AccessWatch(this.devices, this.mm);
  }

  /** Reasons of all dead letters, by instance. */
  get buried(): Record<string, string[]> {
    return Object.fromEntries(this.ports.map(({ config, buried }) => [config.instance, buried]));
  }

  /** Brings everything to the point where devices may start, as the command line does. */
  async start(): Promise<void> {
    await this.append({
      kind: 'ScenarioLoaded',
      run: this.lab,
      scenario: this.scenario,
      atMicros: this.now(),
    });
    for (const service of [this.mm, this.iommus, this.devices, ...this.workers])
      await service.start(this.scenario);
    this.accesses.begin();
    const client: ControlClient = {
      send: (subject, request) => from(this.control(String(subject), request)) as never,
    };
    await wireUp(new ControlPlane(client, subjectsOf(this.lab)), this.scenario);
  }

  /** The workloads begin. */
  begin(): void {
    this.devices.begin();
  }

  progress(): LaboratoryProgress {
    return { devices: this.devices.progress(), iommus: this.iommus.progress(), mm: this.mm.progress() };
  }

  /** Whether everything came to its end: the condition on which the command line ends a run. Throws what failed. */
  get isOver(): boolean {
    const [failure] = this.failures;
    if (failure) throw failure;
    const { devices, iommus, mm } = this.progress();
    return devices.finished && iommus.drained && mm.drained;
  }

  /** Writes the last event of a finished run; gives its sequence. */
  finish(): Promise<number> {
    return this.append({ kind: 'RunEnded', run: this.lab, reason: 'finished', atMicros: this.now() });
  }

  async stop(): Promise<void> {
    await Promise.all([this.devices, ...this.workers].map((service) => service.stop()));
    await Promise.all([this.iommus, this.mm].map((service) => service.stop()));
  }

  private portsOf(service: ServiceName, instance: string = service): KitPorts {
    const ports = new KitPorts(this.lab, service, instance, this.world(instance), (error) =>
      this.failures.push(error),
    );
    this.ports.push(ports);
    return ports;
  }

  private now(): number {
    return this.ports[0]?.clock.nowMicros() ?? 0;
  }

  private async append(event: LabEvent): Promise<number> {
    const [ports] = this.ports;
    if (!ports) throw new Error('a laboratory has services');
    const { sequence } = await ports.log.append({
      subject: ports.subjects.labLog,
      headers: { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 },
      body: labSchema.encode([event]),
      id: `lab-${this.lab}-${(this.appended += 1)}`,
    });
    return sequence;
  }

  /** Answers control requests as the services' controllers do. */
  private async control(subject: string, request: unknown): Promise<unknown> {
    const verb = subject.slice(`${this.lab}.ctl.`.length);
    const { mm, iommus } = this;
    const handlers: Record<string, () => Promise<unknown>> = {
      'mm-handler.create': () => mm.create(request as Request<'mm-handler.create'>),
      'mm-handler.bind': () => {
        const asked = request as Request<'mm-handler.bind'>;
        return mm.bind(asked.mm, asked.pasid);
      },
      'iommu.attach': () => iommus.attach((request as Request<'iommu.attach'>).device),
      'iommu.bind': () => iommus.bind(request as Request<'iommu.bind'>),
    };
    const handler = handlers[verb];
    if (!handler) throw new Error(`no service answers ${verb}`);
    return (await handler()) ?? {};
  }
}
