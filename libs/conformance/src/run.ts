import type { IommuProfileName } from '@faultline/domain';
import { IOPF_FORMAT, parseIopfFile, runIopfVector } from './iopf';
import type { VectorOutcome } from './outcome';
import { parsePriFile, PRI_FORMAT, runPriVector } from './pri';
import { ConformanceFileInvalid, fieldsOf } from './shape';

/** What running all vectors of a file gave, in the order of the file. */
export interface ConformanceRun {
  format: typeof IOPF_FORMAT | typeof PRI_FORMAT;
  outcomes: VectorOutcome[];
}

export interface ConformanceOptions {
  /** Whose choices the IOMMU makes; `riscv`, which the recordings of this repository are of, when absent. */
  profile?: IommuProfileName;
  /** Only vectors with this id. */
  id?: string;
}

/**
 * Runs the vectors of a conformance file of either format. Throws `ConformanceFileInvalid` when it is of neither, or when
 * something in it is not what its format says.
 */
export function runConformance(file: unknown, options: ConformanceOptions = {}): ConformanceRun {
  const { profile, id } = options;
  const isWanted = (vector: { id: string }): boolean => id === undefined || vector.id === id;
  const format = formatOf(file);
  if (format === IOPF_FORMAT) {
    const { vectors } = parseIopfFile(file);
    return { format, outcomes: vectors.filter(isWanted).map((vector) => runIopfVector(vector)) };
  }
  const { vectors } = parsePriFile(file);
  return { format, outcomes: vectors.filter(isWanted).map((vector) => runPriVector(vector, { profile })) };
}

function formatOf(file: unknown): ConformanceRun['format'] {
  const { format } = fieldsOf(file, 'the file');
  if (format === IOPF_FORMAT || format === PRI_FORMAT) return format;
  throw new ConformanceFileInvalid('its format', format, `'${IOPF_FORMAT}' or '${PRI_FORMAT}'`);
}
