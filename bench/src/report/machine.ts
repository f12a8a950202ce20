import { checkoutCommit, describeMachine as thisMachine, type Machine as Hardware } from '@faultline/runtime';

/** Where and with what the figures were measured. */
export interface Machine extends Hardware {
  natsServer: string;
  durability: string;
  date: string;
  commit: string;
}

export function describeMachine(natsServer: string, durability: string, now: Date): Machine {
  return {
    ...thisMachine(),
    natsServer,
    durability,
    date: now.toISOString(),
    commit: checkoutCommit() ?? 'unknown',
  };
}

export function machineLines(machine: Machine): string[] {
  const { cpu, cores, memoryBytes, os, node, natsServer, durability, date, commit: revision } = machine;
  return [
    `machine: ${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB memory, ${os}`,
    `software: Node.js ${node}, nats-server ${natsServer}; ${durability}`,
    `measured: ${date}, commit ${revision}`,
  ];
}
