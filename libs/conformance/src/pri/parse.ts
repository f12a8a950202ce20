import { FIRST_STAGES } from '@faultline/domain';
import {
  address,
  type Check,
  fieldsOf,
  flag,
  listOf,
  mapOf,
  nullable,
  oneOf,
  optional,
  shape,
  text,
  whole,
} from '../shape';
import {
  FAULT_TARGETS,
  type FieldKind,
  type Fields,
  MODES,
  OPERATIONS,
  PRI_FORMAT,
  type PriFile,
  type PriParameters,
  type PriStep,
  type PriVector,
} from './format';

const CHECKS: Readonly<Record<FieldKind, Check>> = {
  flag,
  'flag?': optional(flag),
  count: whole,
  'count?': optional(whole),
  mode: oneOf(...MODES),
  target: oneOf(...FAULT_TARGETS),
  failure: oneOf('access', 'corrupt'),
  hex: address,
  'hex?': optional(address),
  'hex|null': nullable(address),
  pasid: nullable(whole),
  'pasid?': optional(nullable(whole)),
  'count|all': (value, place) => (value === 'all' ? undefined : whole(value, place)),
  counts: listOf(whole),
};

const operation = oneOf(...Object.keys(OPERATIONS));
const INPUTS = new Map(Object.entries(OPERATIONS).map(([op, fields]) => [op, inputOf(fields)]));
const fields: Check = (value, place) => void fieldsOf(value, place);

const header = shape({
  format: oneOf(PRI_FORMAT),
  producer: shape({
    parameters: shape({
      firstStage: oneOf(...Object.keys(FIRST_STAGES)),
      identityTranslationSize: whole,
      deviceTlbInvalidationTags: whole,
      commandQueueEntries: whole,
      faultQueueEntries: whole,
    }),
  }),
  counts: shape({ vectors: whole, steps: whole, byFamily: mapOf(whole) }),
  vectors: listOf(
    shape({
      id: text,
      family: text,
      title: optional(text),
      tags: optional(listOf(text)),
      initial: shape({ iommuMode: oneOf(...MODES) }),
      initialStatus: fields,
      steps: listOf(step),
    }),
  ),
});

/** Input fields of one operation, and no others: an unknown one could change what the step means. */
function inputOf(kinds: Readonly<Record<string, FieldKind>>): Check {
  const names = oneOf(...Object.keys(kinds));
  const known = shape(Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, CHECKS[kind]])));
  return (value, place) => {
    for (const name of Object.keys(fieldsOf(value, place))) names(name, `a field of ${place}`);
    known(value, place);
  };
}

const stepParts = shape({
  out: optional(fields),
  status: optional(fields),
  accept: optional(mapOf(listOf(() => undefined))),
  mayBeStale: optional(flag),
});

function step(value: unknown, place: string): void {
  const { op, in: input = {} } = fieldsOf(value, place);
  operation(op, `${place}.op`);
  INPUTS.get(String(op))?.(input, `${place}.in`);
  stepParts(value, place);
}

/** What a checked file looks like. */
interface RecordedFile {
  readonly producer: { readonly parameters: PriParameters };
  readonly counts: PriFile['counts'];
  readonly vectors: readonly RecordedVector[];
}

interface RecordedVector extends Pick<PriVector, 'id' | 'family' | 'title' | 'initialStatus'> {
  readonly tags?: readonly string[];
  readonly initial: { readonly iommuMode: PriVector['initialMode'] };
  readonly steps: readonly (Partial<PriStep> & Pick<PriStep, 'op'>)[];
}

/** Reads a file of vectors; throws `ConformanceFileInvalid` when it says something that the format does not have. */
export function parsePriFile(value: unknown): PriFile {
  header(value, 'file');
  const { producer, counts, vectors } = value as RecordedFile;
  return { counts, vectors: vectors.map((vector) => vectorOf(vector, producer.parameters)) };
}

function vectorOf(vector: RecordedVector, parameters: PriParameters): PriVector {
  const { id, family, title, tags = [], initial, initialStatus, steps } = vector;
  return {
    id,
    family,
    ...(title === undefined ? {} : { title }),
    tags,
    parameters,
    initialMode: initial.iommuMode,
    initialStatus,
    steps: steps.map(stepOf),
  };
}

/** A step with nothing absent. Lists and addresses of `out` become what the comparison has: no empty ones, and big integers. */
function stepOf({
  op,
  in: input = {},
  out = {},
  status = {},
  accept = {},
  mayBeStale = false,
}: RecordedVector['steps'][number]): PriStep {
  return { op, in: input, out: comparable(out) as Fields, status, accept, mayBeStale } as PriStep;
}

const HEXADECIMAL = /^0x[0-9a-f]+$/i;

function comparable(value: unknown): unknown {
  if (typeof value === 'string') return HEXADECIMAL.test(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, part]) => !Array.isArray(part) || part.length > 0);
  return Object.fromEntries(kept.map(([name, part]) => [name, comparable(part)]));
}
