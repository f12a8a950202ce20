import { type Subjects, subjectsOf } from '@faultline/contracts';
import { UnitJournal } from '@faultline/hosting';
import { connectNats, natsPorts, type NatsPorts } from '@faultline/messaging';

/** The one IOPF queue of the skeleton. */
export const QUEUE = 'bench';
/** As the services have it. */
export const MAX_BATCH = 256;
export const LANE_MILLIS = 30_000;

export interface SkeletonPorts extends NatsPorts {
  subjects: Subjects;
}

export async function skeletonPorts(role: string, url: string, lab: string): Promise<SkeletonPorts> {
  const link = await connectNats({ url, name: `skeleton ${role}` });
  return { ...(await natsPorts(link, { lab })), subjects: subjectsOf(lab) };
}

export function journalOf(ports: SkeletonPorts, unit: string): UnitJournal {
  return new UnitJournal(ports.log, ports.clock, unit, 1, 'skeleton');
}

/** A skeleton that loses a message measures nothing: it ends, and the benchmark with it. */
export function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
