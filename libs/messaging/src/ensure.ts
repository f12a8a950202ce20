import { toError } from '@faultline/hosting';
import {
  DeliverPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import {
  configDifferences,
  describeDifference,
  MUTABLE_CONSUMER_FIELDS,
  MUTABLE_STREAM_FIELDS,
} from './config-diff';
import {
  JetStreamMissing,
  ReplicasUnavailable,
  StorageUnavailable,
  StreamConfigConflict,
  SubjectsTaken,
  type ConfigDifference,
} from './errors';
import { apiErrorOf, patiently } from './patience';
import { CONSUMER_NOT_FOUND } from './jetstream-api';

const STREAM_NOT_FOUND = 10059;
const NAME_IN_USE = 10058;
const SUBJECTS_OVERLAP = 10065;
/** A server that is alone, or a cluster with too few servers that could take a copy. */
const NO_REPLICAS = new Set([10005, 10074]);
/** No JetStream at all, or none for this account. */
const NO_JETSTREAM = new Set([10039, 10076]);
/** Reservations that do not fit, and stores that cannot be made (permissions, disk). */
const NO_STORAGE = new Set([10002, 10023, 10028, 10047, 10049]);

type NamedStream = Partial<StreamConfig> & { name: string };
type NamedConsumer = Partial<ConsumerConfig> & { durable_name: string };

/** Makes the stream or changes what can be changed. Resolves with its size limit, in bytes. */
export async function ensureStream(jsm: JetStreamManager, wanted: NamedStream): Promise<number> {
  const existing = await findStream(jsm, wanted.name);
  if (!existing) return (await createStream(jsm, wanted)).config.max_bytes;
  const differences = configDifferences(existing.config, wanted, MUTABLE_STREAM_FIELDS);
  if (differences.length === 0) return existing.config.max_bytes;
  const remedy = 'use another laboratory name, or remove the one that has it (faultline labs remove)';
  refuseImmutable(`stream ${wanted.name}`, differences, remedy);
  const updated = await patiently(() => jsm.streams.update(wanted.name, wanted)).catch((error: unknown) => {
    throw explain(wanted.name, error, wanted.num_replicas);
  });
  return updated.config.max_bytes;
}

/** Makes the durable consumer or changes what can be changed. */
export async function ensureConsumer(
  jsm: JetStreamManager,
  stream: string,
  wanted: NamedConsumer,
): Promise<void> {
  const existing = await findConsumer(jsm, stream, wanted.durable_name);
  if (existing) {
    const differences = configDifferences(existing.config, wanted, MUTABLE_CONSUMER_FIELDS).filter(
      // One that was made anew begins behind what was settled, and is as good as one that began with the stream.
      ({ field, current }) => field !== 'deliver_policy' || current !== DeliverPolicy.StartSequence,
    );
    if (differences.length === 0) return;
    const remedy = 'delete it; it is made anew and delivers all again, which is safe';
    refuseImmutable(`consumer ${wanted.durable_name} of stream ${stream}`, differences, remedy);
  }
  const { deliver_policy, opt_start_seq } = existing?.config ?? wanted;
  const config = existing ? { ...existing.config, ...wanted, deliver_policy, opt_start_seq } : wanted;
  await patiently(() => jsm.consumers.add(stream, config)).catch((error: unknown) => {
    throw explain(stream, error);
  });
}

async function createStream(jsm: JetStreamManager, wanted: NamedStream): Promise<StreamInfo> {
  const { subjects = [] } = wanted;
  const holders = await holdersOf(jsm, subjects, wanted.name);
  if (holders.length > 0) throw new SubjectsTaken(wanted.name, subjects, holders);
  try {
    return await patiently(() => jsm.streams.add({ ...wanted }));
  } catch (error) {
    // Another process was faster; its settings are compared as those of any stream.
    if (apiErrorOf(error)?.err_code === NAME_IN_USE) {
      await ensureStream(jsm, wanted);
      return jsm.streams.info(wanted.name);
    }
    if (apiErrorOf(error)?.err_code === SUBJECTS_OVERLAP)
      throw new SubjectsTaken(wanted.name, subjects, [], { cause: error });
    throw explain(wanted.name, error, wanted.num_replicas);
  }
}

/** Streams that keep messages of any of the subjects. */
async function holdersOf(
  jsm: JetStreamManager,
  subjects: readonly string[],
  except: string,
): Promise<string[]> {
  const holders = new Set<string>();
  for (const subject of subjects) for await (const name of jsm.streams.names(subject)) holders.add(name);
  // Another process may have been quicker to make ours.
  holders.delete(except);
  return [...holders];
}

/** The stream, or `undefined` when there is none of that name. */
export async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await patiently(() => jsm.streams.info(name));
  } catch (error) {
    if (apiErrorOf(error)?.err_code === STREAM_NOT_FOUND) return undefined;
    throw explain(name, error);
  }
}

/** Deletes the stream. Resolves with whether there was one. */
export async function removeStream(jsm: JetStreamManager, name: string): Promise<boolean> {
  try {
    return await patiently(() => jsm.streams.delete(name));
  } catch (error) {
    if (apiErrorOf(error)?.err_code === STREAM_NOT_FOUND) return false;
    throw explain(name, error);
  }
}

/** The durable consumer, or `undefined` when there is none of that name. */
export async function findConsumer(
  jsm: JetStreamManager,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    if (apiErrorOf(error)?.err_code === CONSUMER_NOT_FOUND) return undefined;
    throw explain(stream, error);
  }
}

function refuseImmutable(owner: string, differences: readonly ConfigDifference[], remedy: string): void {
  const immutable = differences.filter((difference) => !difference.mutable);
  if (immutable.length > 0)
    throw new StreamConfigConflict(owner, immutable, immutable.map(describeDifference), remedy);
}

function explain(stream: string, thrown: unknown, replicas = 1): Error {
  const api = apiErrorOf(thrown);
  const cause = toError(thrown);
  const code = api?.err_code ?? 0;
  if (NO_JETSTREAM.has(code) || (!api && 'code' in cause && cause.code === '503'))
    return new JetStreamMissing({ cause });
  if (replicas > 1 && NO_REPLICAS.has(code))
    return new ReplicasUnavailable(stream, replicas, api?.description ?? cause.message, { cause });
  if (NO_STORAGE.has(code))
    return new StorageUnavailable(stream, api?.description ?? cause.message, { cause });
  return cause;
}
