import type { WindowFigures } from './closed-loop';

/** What the benchmark says to the device process of a system whose processes it wrote itself. */
export type RoleRequest = { verb: 'begin'; outstanding: number } | { verb: 'open' } | { verb: 'close' };

/** What such a process says. Every role says `ready`; only devices answer requests. */
export type RoleReply = { verb: 'ready' } | { verb: 'done' } | { verb: 'closed'; figures: WindowFigures };

/** The side of the device process that answers. */
export interface RoleDevice {
  begin(outstanding: number): void;
  open(): void;
  close(): Promise<WindowFigures>;
}

export type StartRole = (url: string, lab: string) => Promise<RoleDevice | undefined>;

const say = (reply: RoleReply): void => void process.send?.(reply);

async function answer(device: RoleDevice, request: RoleRequest): Promise<RoleReply> {
  switch (request.verb) {
    case 'begin':
      device.begin(request.outstanding);
      return { verb: 'done' };
    case 'open':
      device.open();
      return { verb: 'done' };
    case 'close':
      return { verb: 'closed', figures: await device.close() };
  }
}

/** Runs the role that the command line names: `<role> <url> <lab>`. The process lives as long as its parent's channel. */
export async function runRole(roles: Readonly<Record<string, StartRole>>): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group; the parent decides in which order its processes go.
  process.on('SIGINT', () => undefined);
  const [role = '', url = '', lab = ''] = process.argv.slice(2);
  const start = roles[role];
  if (!start) throw new Error(`role '${role}' is not one of ${Object.keys(roles).join(', ')}`);
  const device = await start(url, lab);
  if (device) process.on('message', (request: RoleRequest) => void answer(device, request).then(say));
  say({ verb: 'ready' });
}
