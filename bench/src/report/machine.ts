import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';

/** Where and with what the figures were measured. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  os: string;
  node: string;
  natsServer: string;
  durability: string;
  date: string;
  commit: string;
}

export function describeMachine(natsServer: string, durability: string, now: Date): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    os: `${type()} ${release()}`,
    node: process.version,
    natsServer,
    durability,
    date: now.toISOString(),
    commit: commit(),
  };
}

/** The commit of the checkout, with a mark when it was changed since; an export of the sources has none. */
function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: __dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' with local changes')
    );
  } catch {
    return 'unknown';
  }
}

export function machineLines(machine: Machine): string[] {
  const { cpu, cores, memoryBytes, os, node, natsServer, durability, date, commit: revision } = machine;
  return [
    `machine: ${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB memory, ${os}`,
    `software: Node.js ${node}, nats-server ${natsServer}; ${durability}`,
    `measured: ${date}, commit ${revision}`,
  ];
}
