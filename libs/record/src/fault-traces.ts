import type { FaultRow } from '@faultline/audit';
import { FaultSampler } from '@faultline/contracts';
import type { RecordReader } from './record-reader';

/**
 * What the traces of faults are called, in their order; null for one that was not traced. Services come to what is traced, and to its
 * name, by the laboratory and the share alone, and so does this. That they traced at all, the contexts of their messages show.
 */
export async function tracesOf(
  faults: readonly FaultRow[],
  reader: RecordReader,
): Promise<(string | null)[]> {
  const { laboratory, tracedShare } = await reader.tracing();
  if (tracedShare === 0) return faults.map(() => null);
  const sampler = new FaultSampler(laboratory, tracedShare);
  const isSampled = ({ segment, segmentEpoch, request }: FaultRow): boolean =>
    sampler.samples(segment, segmentEpoch, request);
  const told = await reader.withContext(faults.filter(isSampled).flatMap(sequencesOf));
  return faults.map((fault) => {
    if (!isSampled(fault) || !sequencesOf(fault).some((sequence) => told.has(sequence))) return null;
    return sampler.rootOf({ ...fault, stallRound: fault.model === 'stall' ? fault.round : 0 }).traceId;
  });
}

const sequencesOf = ({ sequences }: FaultRow): number[] =>
  Object.values(sequences).filter((sequence) => sequence !== null);
