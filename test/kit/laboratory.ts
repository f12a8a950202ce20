import {
  type DeviceProgress,
  type IommuProgress,
  type LabEvent,
  labSchema,
  type MmProgress,
  type ResolvedScenario,
  type ServiceName,
  type StepAction,
  subjectsOf,
} from '@faultline/contracts';
import { from } from 'rxjs';
import { DeviceEmulatorController } from '../../apps/device-emulator/src/device-emulator.controller';
import { DeviceEmulatorService } from '../../apps/device-emulator/src/device-emulator.service';
import { IommuController } from '../../apps/iommu/src/iommu.controller';
import { IommuService } from '../../apps/iommu/src/iommu.service';
import { IopfWorkerService } from '../../apps/iopf-worker/src/iopf-worker.service';
import { ControlPlane } from '../../apps/lab/src/run/control-plane';
import { Hand } from '../../apps/lab/src/run/hand';
import { Timeline } from '../../apps/lab/src/run/timeline';
import { Wiring } from '../../apps/lab/src/run/wiring';
import { MmHandlerController } from '../../apps/mm-handler/src/mm-handler.controller';
import { MmHandlerService } from '../../apps/mm-handler/src/mm-handler.service';
import { AccessWatch } from './access-watch';
import { controlVerbs, type VerbHandler } from './control-verbs';
import { KitPorts, type PathPorts } from './kit-ports';

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
  /** What the steps of the timeline have told, in their order. */
  readonly told: string[] = [];
  readonly control: ControlPlane;
  readonly hand: Hand;
  private readonly wiring: Wiring;
  private readonly timeline: Timeline;
  private readonly verbs: ReadonlyMap<string, VerbHandler>;
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
    this.verbs = controlVerbs([
      new MmHandlerController(this.mm),
      new IommuController(this.iommus),
      new DeviceEmulatorController(this.devices),
    ]);
    this.control = new ControlPlane(
      { send: (subject, request) => from(this.answer(String(subject), request)) as never },
      subjectsOf(lab),
    );
    this.wiring = new Wiring(this.control, scenario);
    this.hand = new Hand(this.control, this.wiring, scenario);
    this.timeline = new Timeline({
      steps: scenario.timeline,
      timeScale: scenario.timeScale,
      nowMicros: () => this.now(),
      act: (action) => this.act(action),
      onDone: (line) => this.told.push(line),
    });
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
    for (const { mm, pasid, starts } of this.scenario.processes)
      if (starts === 'begin') this.accesses.showsOnly(pasid, mm);
    await this.wiring.wireUp();
  }

  /** Does a step of a timeline, to its end. */
  async act(action: StepAction): Promise<string> {
    const { accesses } = this;
    if (action.action === 'start') accesses.showsOnly(action.pasid, action.mm);
    if (action.action === 'replace-domain') accesses.shows(action.pasid, action.byMm);
    const told = await this.hand.act(action);
    if (action.action === 'unbind') accesses.showsOnly(action.pasid);
    if (action.action === 'replace-domain') accesses.showsOnly(action.pasid, action.byMm);
    return told;
  }

  /** The workloads begin. */
  begin(): void {
    this.devices.begin();
    this.timeline.begin();
    // Time passes only where something happens: what the timeline waits for is such a thing.
    for (const { after } of this.scenario.timeline)
      if (after?.micros !== undefined)
        this.ports[0]?.clock.after(after.micros * this.scenario.timeScale, () => undefined);
  }

  progress(): LaboratoryProgress {
    return { devices: this.devices.progress(), iommus: this.iommus.progress(), mm: this.mm.progress() };
  }

  /**
   * Lets the timeline go on where it may. Returns whether everything came to its end: the condition on which the command line ends
   * a run. Throws what failed.
   */
  advance(): boolean {
    const [failure] = this.failures;
    if (failure) throw failure;
    const { devices, iommus, mm } = this.progress();
    const isOver = devices.finished && iommus.drained && mm.drained;
    if (isOver && this.timeline.isDone) return true;
    this.timeline.advance({ ended: devices.ended, isOver });
    return false;
  }

  /** Writes the last event of a finished run; gives its sequence. */
  finish(): Promise<number> {
    return this.append({ kind: 'RunEnded', run: this.lab, reason: 'finished', atMicros: this.now() });
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((service) => service.stop()));
    await this.devices.stop();
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

  /** Answers control requests with the services' own controllers. */
  private async answer(subject: string, request: unknown): Promise<unknown> {
    const verb = subject.slice(`${this.lab}.ctl.`.length);
    const handler = this.verbs.get(verb);
    if (!handler) throw new Error(`no service answers ${verb}`);
    return handler(request);
  }
}
