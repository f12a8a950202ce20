import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import type { ServiceName } from '@faultline/contracts';
import { makeDirectory } from '@faultline/record';
import { z } from 'zod';
import { BadInput } from '../errors';

/** How long a server of this machine may take to accept a connection. */
const ACCEPT_MILLIS = 1_000;
const NATS_PORT = 4222;

const note = z.object({
  /** Process that holds the system. */
  pid: z.number().int().positive(),
  /** What is known when everything stands. */
  system: z
    .object({
      site: z.string(),
      natsUrl: z.string(),
      console: z.string(),
      counts: z.record(z.string(), z.number()),
    })
    .optional(),
});
type Note = z.infer<typeof note>;

/** A system that stands: where it is, and how many of each service it has. */
export interface StandingNote {
  site: string;
  natsUrl: string;
  /** Address of its console. */
  console: string;
  counts: Record<ServiceName, number>;
}

/** A folder of runs has one system at a time. */
export class AlreadyUp extends BadInput {
  constructor(path: string, { pid, system }: Note) {
    const where = system ? `, with its console at ${system.console}` : '';
    super(
      `a system is up for the runs of ${path} already (process ${pid}${where}): use that, or end it with Ctrl-C in its terminal`,
    );
  }
}

/** What a system that stands keeps beside the runs that it serves, and by which it is found. All of it goes with the system. */
export class SystemFolder {
  readonly path: string;
  private readonly noteFile: string;

  constructor(private readonly runs: string) {
    this.path = resolve(runs, '.up');
    this.noteFile = join(this.path, 'system.json');
  }

  /** JetStream's store. */
  get natsStore(): string {
    return join(this.path, 'nats');
  }
  get logs(): string {
    return join(this.path, 'logs');
  }
  instanceLog(instance: string): string {
    return join(this.logs, `${instance}.log`);
  }
  /** Written when the instance stands. */
  heartbeat(instance: string): string {
    return join(this.path, `${instance}.alive`);
  }

  /** Takes the folder for this process. Rejects with {@link AlreadyUp} when a living one has it. */
  async claim(): Promise<void> {
    // It appears with its note in it, so that nobody sees one without.
    const own = `${this.path}.${process.pid}`;
    makeDirectory(join(own, 'logs'));
    try {
      writeFileSync(join(own, 'system.json'), textOf({}));
      if (existsSync(this.path)) await this.removeDead();
      renameSync(own, this.path);
    } catch (error) {
      rmSync(own, { recursive: true, force: true });
      const found = this.read();
      const { code } = error as NodeJS.ErrnoException;
      if (found && (code === 'ENOTEMPTY' || code === 'EEXIST')) throw new AlreadyUp(this.runs, found);
      throw error;
    }
  }

  /** Everything stands: runs may come. */
  announce(system: StandingNote): void {
    const fresh = `${this.noteFile}.new`;
    writeFileSync(fresh, textOf({ system }));
    renameSync(fresh, this.noteFile);
  }

  /** The system that stands for these runs; undefined when there is none, or none yet. */
  async find(): Promise<StandingNote | undefined> {
    const found = this.read();
    return found?.system && (await isAlive(found)) ? (found.system as StandingNote) : undefined;
  }

  /** Whether the system that was found is still announced by a living process. */
  get isHeld(): boolean {
    const found = this.read();
    return found?.system !== undefined && lives(found.pid);
  }

  /** Nobody finds the system from now on. */
  withdraw(): void {
    rmSync(this.noteFile, { force: true });
  }

  /** What failed is looked into, so its logs may stay until the next system comes. */
  remove(keepsLogs: boolean): void {
    this.withdraw();
    if (!keepsLogs) rmSync(this.path, { recursive: true, force: true });
    else rmSync(this.natsStore, { recursive: true, force: true });
  }

  private async removeDead(): Promise<void> {
    const found = this.read();
    if (found && (await isAlive(found))) throw new AlreadyUp(this.runs, found);
    rmSync(this.path, { recursive: true, force: true });
  }

  private read(): Note | undefined {
    try {
      return note.safeParse(JSON.parse(readFileSync(this.noteFile, 'utf8'))).data;
    } catch {
      return undefined;
    }
  }
}

const textOf = (more: Pick<Note, 'system'>): string =>
  `${JSON.stringify({ pid: process.pid, ...more }, null, 2)}\n`;

/**
 * The number of a process that was killed may be another's by now, which has neither such a console nor such a server. The console alone
 * says little: its service may be on the way up again.
 */
async function isAlive({ pid, system }: Note): Promise<boolean> {
  if (!lives(pid)) return false;
  if (!system) return true;
  const places = [system.console, ...system.natsUrl.split(',')];
  return (await Promise.all(places.map(accepts))).includes(true);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether somebody listens at an address, which may lack what NATS does not ask for. */
function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(/:\/\//.test(address) ? address.trim() : `nats://${address.trim()}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || NATS_PORT) });
    const done = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(ACCEPT_MILLIS, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
