import {
  type DecodeError,
  iommuQueueSchema,
  iommuUnit,
  MessageOutOfPlace,
  type Subjects,
} from '@faultline/contracts';
import type { GroupQueued } from '@faultline/domain';
import type { LogMessage } from '@faultline/hosting';

/** What a work message says, as far as it can be read. */
export interface ReadWork {
  /** The IOMMU that closed the groups; -1 when there is none in the scenario, and then no group is named. */
  iommu: number;
  groups: GroupQueued[];
  /** Why the message is poison; its groups are those that can be named all the same. */
  refusal?: DecodeError;
}

/** Reads work messages. Whoever claims to be the IOMMU must have written where that IOMMU writes, else its word is nobody's. */
export class WorkReader {
  /** Numbers of the scenario's IOMMUs by the names of their units. */
  private readonly iommus: ReadonlyMap<string, number>;

  constructor(
    private readonly subjects: Subjects,
    iommus: readonly number[],
  ) {
    this.iommus = new Map(iommus.map((iommu) => [iommuUnit(iommu), iommu]));
  }

  read(message: LogMessage): ReadWork {
    const { unit } = message.headers;
    const { subject } = message;
    const { records, error } = salvage(message);
    const groups = records.filter((record) => record.kind === 'GroupQueued');
    const iommu = this.iommus.get(unit);
    if (iommu !== undefined && subject.startsWith(this.subjects.queueLog(iommu, '')))
      return { iommu, groups, refusal: error };
    const refusal =
      error ?? new MessageOutOfPlace(`work of unit '${unit}' on ${subject}`, 'an IOMMU of the scenario');
    return { iommu: -1, groups: [], refusal };
  }
}

/** What is known of a message need not be read again. */
function salvage({ records, headers, body }: LogMessage): ReturnType<typeof iommuQueueSchema.salvage> {
  if (records && headers.schema === iommuQueueSchema.name)
    return { records: records as ReturnType<typeof iommuQueueSchema.decode> };
  return iommuQueueSchema.salvage(body);
}

const MOST_NAMES = 8;

/** A work message that cannot be decided as it stands (D12): what is wrong with it, and what became of its groups. */
export class PoisonedWork extends Error {
  constructor(refusals: readonly Error[], answered: readonly string[]) {
    const reasons = new Set(refusals.map((refusal) => refusal.message));
    super([...reasons, whatBecameOf(answered)].join('; '), { cause: refusals[0] });
    this.name = 'PoisonedWork';
  }
}

function whatBecameOf(answered: readonly string[]): string {
  if (answered.length === 0)
    return 'no group of it could be named: what it held waits for the response timeout of its IOMMU';
  const more = answered.length > MOST_NAMES ? ` and ${answered.length - MOST_NAMES} more` : '';
  return `answered FAILURE: group ${answered.slice(0, MOST_NAMES).join(', ')}${more}`;
}
