import type { Child, Children } from './children';
import type { WindowFigures } from './closed-loop';
import { within } from './deadline';
import type { RoleReply, RoleRequest } from './role';
import type { ClosedWindow, System, SystemName } from './system';
import type { Named } from './usage';

const ROLES = ['mm', 'worker', 'iommu', 'device'] as const;
const READY_MILLIS = 60_000;
const ANSWER_MILLIS = 60_000;

export interface RoleGroupOptions {
  name: SystemName;
  /** The compiled script of the system's processes. */
  script: string;
  url: string;
  lab: string;
  warmUpMillis: number;
  /** After each round, outside the measurement. */
  afterRound?(): Promise<void>;
}

/** A system of four processes that live for the whole benchmark: device, IOMMU, worker and mm. */
export class RoleGroup implements System {
  readonly name: SystemName;
  readonly warmUpMillis: number;
  private readonly members = new Map<string, Child>();

  private constructor(
    private readonly children: Children,
    private readonly options: RoleGroupOptions,
  ) {
    this.name = options.name;
    this.warmUpMillis = options.warmUpMillis;
  }

  static async start(children: Children, options: RoleGroupOptions): Promise<RoleGroup> {
    const group = new RoleGroup(children, options);
    // Each serves somebody who comes later, so that nobody asks in vain.
    for (const role of ROLES) await group.startRole(role);
    return group;
  }

  async begin(outstanding: number): Promise<void> {
    await this.ask({ verb: 'begin', outstanding });
  }

  async open(): Promise<void> {
    await this.ask({ verb: 'open' });
  }

  async close(): Promise<ClosedWindow> {
    const reply = await this.ask({ verb: 'close' });
    if (reply.verb !== 'closed')
      throw new Error(`${this.name}: the device answered '${reply.verb}' to 'close'`);
    const figures: WindowFigures = reply.figures;
    return { figures };
  }

  async finish(): Promise<void> {
    await this.options.afterRound?.();
  }

  processes(): Named[] {
    return [...this.members].map(([role, child]) => ({ name: role, pid: child.pid }));
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.members.values()].map((child) => child.stop()));
  }

  private async startRole(role: string): Promise<void> {
    const { name, script, url, lab } = this.options;
    const child = this.children.fork({ name: `${name} ${role}`, script, arguments: [role, url, lab] });
    this.members.set(role, child);
    await this.next(child, READY_MILLIS, 'ready');
  }

  private async ask(request: RoleRequest): Promise<RoleReply> {
    const device = this.members.get('device');
    if (!device) throw new Error(`${this.name} has no device process`);
    const reply = this.next(device, ANSWER_MILLIS, request.verb);
    device.process.send(request);
    return reply;
  }

  private next(child: Child, millis: number, what: string): Promise<RoleReply> {
    const reply = new Promise<RoleReply>((resolve) =>
      child.process.once('message', (message) => resolve(message as RoleReply)),
    );
    return within(this.children.race(reply), millis, `'${what}' of ${child.name}`);
  }
}
