import {
  DeliverPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import { configDifferences, MUTABLE_CONSUMER_FIELDS, MUTABLE_STREAM_FIELDS } from './config-diff';
import { apiErrorOf, patiently } from './patience';
import {
  JetStreamMissing,
  StorageUnavailable,
  StreamConfigConflict,
  toError,
  type ConfigDifference,
} from './errors';

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const NAME_IN_USE = 10058;
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
  refuseImmutable(`stream ${wanted.name}`, differences);
  const updated = await patiently(() => jsm.streams.update(wanted.name, wanted)).catch((error: unknown) => {
    throw explain(wanted.name, error);
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
    refuseImmutable(`consumer ${wanted.durable_name} of stream ${stream}`, differences);
  }
  const { deliver_policy, opt_start_seq } = existing?.config ?? wanted;
  const config = existing ? { ...existing.config, ...wanted, deliver_policy, opt_start_seq } : wanted;
  await patiently(() => jsm.consumers.add(stream, config)).catch((error: unknown) => {
    throw explain(stream, error);
  });
}

async function createStream(jsm: JetStreamManager, wanted: NamedStream): Promise<StreamInfo> {
  try {
    return await patiently(() => jsm.streams.add({ ...wanted }));
  } catch (error) {
    // Another process was faster; its settings are compared as those of any stream.
    if (apiErrorOf(error)?.err_code === NAME_IN_USE) {
      await ensureStream(jsm, wanted);
      return jsm.streams.info(wanted.name);
    }
    throw explain(wanted.name, error);
  }
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

function refuseImmutable(owner: string, differences: readonly ConfigDifference[]): void {
  const immutable = differences.filter((difference) => !difference.mutable);
  if (immutable.length > 0) throw new StreamConfigConflict(owner, immutable);
}

function explain(stream: string, thrown: unknown): Error {
  const api = apiErrorOf(thrown);
  const cause = toError(thrown);
  const code = api?.err_code ?? 0;
  if (NO_JETSTREAM.has(code) || (!api && 'code' in cause && cause.code === '503'))
    return new JetStreamMissing({ cause });
  if (NO_STORAGE.has(code))
    return new StorageUnavailable(stream, api?.description ?? cause.message, { cause });
  return cause;
}
