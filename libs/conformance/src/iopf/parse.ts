import { G1_KERNELS, G2_KERNELS } from '@faultline/domain';
import {
  address,
  type Check,
  ConformanceFileInvalid,
  fieldsOf,
  flag,
  letters,
  listOf,
  mapOf,
  nullable,
  oneOf,
  optional,
  shape,
  text,
  whole,
} from '../shape';
import { IOPF_FORMAT, IOPF_FORMAT_VERSION, type IopfFile, type IopfVector } from './format';

const protection = letters('rwxg');
const vma = shape({ start: address, end: address, prot: protection });
const handlerOfDomain = oneOf('hold', 'reject', 'none');
const faultFlags = listOf(oneOf('PASID_VALID', 'LAST_PAGE', 'NEEDS_PASID', 'PRIV_DATA'));

const fault = shape({
  id: whole,
  type: text,
  flags: faultFlags,
  pasid: whole,
  grpid: whole,
  addr: address,
  perm: letters('rwxp'),
});

const topology = shape({
  devices: listOf(
    shape({
      id: text,
      iommu: optional(flag),
      attached: optional(flag),
      pageResponse: flag,
      group: optional(text),
      userPasidTable: optional(flag),
      maxPasids: optional(whole),
    }),
  ),
  queues: listOf(text),
  mms: listOf(shape({ id: text, pasid: optional(whole), vmas: listOf(vma) })),
  bindings: listOf(
    shape({
      dev: optional(text),
      pasid: whole,
      mm: optional(text),
      handler: optional(handlerOfDomain),
      domain: optional(oneOf('nested')),
      handlerRet: optional(whole),
    }),
  ),
});

const resultsOfAttempts = oneOf(
  ...['OK', 'OOM', 'SIGBUS', 'SIGSEGV', 'HWPOISON', 'HWPOISON_LARGE', 'FALLBACK', 'RETRY'],
  ...['MAJOR', 'NOPAGE', 'LOCKED', 'DONE_COW', 'NEEDDSYNC', 'COMPLETED'],
);
const attachment = { dev: text, pasid: whole };

/** Arguments of the operations that both generations have. */
const common: Readonly<Record<string, Check>> = {
  queue_alloc: shape({ queue: text }),
  queue_free: shape({ queue: nullable(text) }),
  add_device: shape({ queue: text, dev: text }),
  remove_device: shape({ queue: nullable(text), dev: text }),
  report: shape({ dev: text, fault: nullable(fault) }),
  run: shape({ group: whole }),
  flush_dev: shape({ dev: text }),
  discard_partial: shape({ queue: nullable(text) }),
  mm_exit: shape({ mm: text }),
  mmap: shape({ mm: text, start: address, end: address, prot: protection }),
  munmap: shape({ mm: text, start: address }),
  mprotect: shape({ mm: text, start: address, prot: protection }),
  mm_inject: shape({ mm: text, page: text, result: resultsOfAttempts, times: whole }),
};

const operations: Readonly<Record<'G1' | 'G2', Readonly<Record<string, Check>>>> = {
  G1: {
    ...common,
    register_handler: shape({
      dev: text,
      handler: oneOf('iopf', 'hold', 'reject', 'null'),
      handlerRet: optional(whole),
    }),
    unregister_handler: shape({ dev: text }),
    page_response: shape({
      dev: text,
      version: whole,
      flags: whole,
      pasidValid: flag,
      pasid: whole,
      grpid: whole,
      code: whole,
    }),
    hw_fail: shape({ dev: text, ret: whole, times: whole }),
    bind: shape({ pasid: whole, mm: text }),
    unbind: shape({ pasid: whole }),
  },
  G2: {
    ...common,
    group_respond: shape({ group: whole, code: whole }),
    group_free: shape({ group: whole }),
    bind: shape({ dev: text, pasid: whole, mm: text }),
    unbind: shape({ dev: text, mm: text }),
    attach: shape({
      ...attachment,
      handler: handlerOfDomain,
      domain: optional(oneOf('nested')),
      handlerRet: optional(whole),
    }),
    attach_plain: shape(attachment),
    detach: shape(attachment),
  },
};

const deviceState = {
  queue: nullable(text),
  handler: optional(nullable(text)),
  pending: listOf(whole),
  partial: listOf(whole),
};
const queueState = { work: listOf(whole), devices: listOf(text) };
const spaceState = { users: whole, vmas: listOf(vma) };

const wholeState = shape({
  devices: mapOf(shape(deviceState)),
  queues: mapOf(nullable(shape(queueState))),
  mms: mapOf(shape(spaceState)),
});

const partly = (fields: Readonly<Record<string, Check>>): Check =>
  shape(Object.fromEntries(Object.entries(fields).map(([key, check]) => [key, optional(check)])));
const result = shape({
  state: optional(
    partly({
      devices: mapOf(partly(deviceState)),
      queues: mapOf(nullable(partly(queueState))),
      mms: mapOf(partly(spaceState)),
    }),
  ),
});

const kernels = { G1: Object.keys(G1_KERNELS), G2: Object.keys(G2_KERNELS) };

/** Reads a file of vectors, as JSON gave it. Throws {@link ConformanceFileInvalid}. */
export function parseIopfFile(value: unknown): IopfFile {
  const file = fieldsOf(value, 'the file');
  oneOf(IOPF_FORMAT)(file['format'], 'format');
  oneOf(IOPF_FORMAT_VERSION)(file['formatVersion'], 'formatVersion');
  text(file['set'], 'set');
  listOf(checkVector)(file['vectors'], 'vectors');
  const vectors = (file['vectors'] as IopfVector[]).map((vector) => ({
    ...vector,
    hazard: vector.hazard ?? false,
  }));
  oneOf(vectors.length)(file['count'], 'count');
  return { set: file['set'] as string, vectors };
}

function checkVector(value: unknown, place: string): void {
  const vector = fieldsOf(value, place);
  text(vector['id'], `${place}.id`);
  const id = `vector ${String(vector['id'])}`;
  text(vector['title'], `${id}: title`);
  optional(flag)(vector['hazard'], `${id}: hazard`);
  oneOf('G1', 'G2')(vector['generation'], `${id}: generation`);
  const generation = vector['generation'] as 'G1' | 'G2';
  listOf(oneOf(...kernels[generation]))(vector['sources'], `${id}: sources`);
  text((vector['sources'] as unknown[])[0], `${id}: sources[0]`);
  topology(vector['topology'], `${id}: topology`);
  listOf(checkStep(generation))(vector['steps'], `${id}: steps`);
  wholeState(vector['finalState'], `${id}: finalState`);
}

function checkStep(generation: 'G1' | 'G2'): Check {
  const known = operations[generation];
  return (value, place) => {
    const step = fieldsOf(value, place);
    const op = String(step['op']);
    const check = Object.hasOwn(known, op) ? known[op] : undefined;
    if (check === undefined) {
      throw new ConformanceFileInvalid(`${place}.op`, step['op'], `an operation of ${generation}`);
    }
    check(step, place);
    optional(text)(step['inject'], `${place}.inject`);
    result(step['expect'], `${place}.expect`);
  };
}
