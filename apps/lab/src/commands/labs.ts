import { type LaboratoryInfo, listLaboratories, removeLab } from '@faultline/messaging';
import { BadInput, Exit } from '../errors';
import { laboratoryTable, streamLines } from '../print/laboratories';
import { onServer, type ServerFlags } from '../server/on-server';
import type { Terminal } from '../terminal';

export interface LabsFlags extends ServerFlags {
  json?: boolean;
}

export interface RemoveFlags extends ServerFlags {
  force?: boolean;
}

/** A laboratory that wrote something in this time is in use: a running one writes leases every second. */
const IN_USE_MILLIS = 60_000;

/** Lists the laboratories that a server keeps. */
export function labsList(
  flags: LabsFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  return onServer(flags, environment, async ({ jsm, servers }) => {
    const labs = await listLaboratories(jsm);
    if (flags.json) for (const each of labs) terminal.out(JSON.stringify(each));
    else if (labs.length === 0) terminal.err(`no laboratory on ${servers.join(', ')}\n`);
    else
      terminal.out(
        laboratoryTable(labs, performance.timeOrigin + performance.now(), terminal.columns).join('\n'),
      );
    return Exit.OK;
  });
}

/** Removes everything a laboratory keeps on a server, after saying what that is. */
export function labsRemove(
  lab: string,
  flags: RemoveFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  return onServer(flags, environment, async ({ jsm, servers }) => {
    const labs = await listLaboratories(jsm);
    const found = labs.find((each) => each.lab === lab);
    if (!found) {
      const names = labs.map((each) => each.lab).join(', ');
      const expected = names === '' ? 'it has none' : `it has ${names}`;
      throw new BadInput(`no laboratory '${lab}' on ${servers.join(', ')}: ${expected}`);
    }
    const use = useOf(found, performance.timeOrigin + performance.now());
    if (use !== undefined && !flags.force)
      throw new BadInput(`laboratory ${lab} is in use (${use}): stop it first, or say --force`);
    terminal.out(streamLines(found).join('\n'));
    await removeLab(jsm, lab);
    terminal.out(`removed laboratory ${lab}`);
    return Exit.OK;
  });
}

/** Why it is taken to be in use; `undefined` when nothing says so. */
function useOf({ waitingPulls, lastActivityMillis }: LaboratoryInfo, nowMillis: number): string | undefined {
  if (waitingPulls > 0) return 'workers wait for its queues';
  const idleMillis = nowMillis - lastActivityMillis;
  return idleMillis < IN_USE_MILLIS
    ? `something was written ${Math.max(0, Math.round(idleMillis / 1_000))} s ago`
    : undefined;
}
