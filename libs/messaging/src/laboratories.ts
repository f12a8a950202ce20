import { labOfStream, logStream } from '@faultline/contracts';
import type { JetStreamManager, StreamInfo } from 'nats';
import { removeStream } from './ensure';
import { patiently } from './patience';

/** One stream of a laboratory: log, dead letters, or a bucket. */
export interface LaboratoryStream {
  name: string;
  messages: number;
  bytes: number;
}

/** A laboratory as a server knows it. */
export interface LaboratoryInfo {
  lab: string;
  streams: LaboratoryStream[];
  /** Bytes of all its streams. */
  bytes: number;
  replicas: number;
  createdMillis: number;
  /** When something was last written to any of its streams. */
  lastActivityMillis: number;
  /** What made the log, as its description says; empty for a version that did not say. */
  madeBy: string;
  /** Workers that wait for work now. */
  waitingPulls: number;
}

/** All laboratories on the server, by name. */
export async function listLaboratories(jsm: JetStreamManager): Promise<LaboratoryInfo[]> {
  const streams = new Map<string, StreamInfo[]>();
  for await (const stream of jsm.streams.list()) {
    const lab = labOfStream(stream.config.name);
    if (lab !== undefined) streams.set(lab, [...(streams.get(lab) ?? []), stream]);
  }
  const names = [...streams.keys()].sort();
  return Promise.all(names.map((lab) => describe(jsm, lab, streams.get(lab) ?? [])));
}

/**
 * Deletes every stream that has the laboratory's name, and what was written to it. Resolves with the names of those that were there;
 * the log goes first: without it the rest has no use, should the removal break off.
 */
export async function removeLab(jsm: JetStreamManager, lab: string): Promise<string[]> {
  const names = await patiently(() => streamsOfLab(jsm, lab));
  const removed: string[] = [];
  for (const name of names) if (await removeStream(jsm, name)) removed.push(name);
  return removed;
}

async function streamsOfLab(jsm: JetStreamManager, lab: string): Promise<string[]> {
  const found: string[] = [];
  for await (const name of jsm.streams.names()) if (labOfStream(name) === lab) found.push(name);
  // The name of the log begins those of the others that have no prefix, and so comes first.
  return found.sort();
}

async function describe(jsm: JetStreamManager, lab: string, streams: StreamInfo[]): Promise<LaboratoryInfo> {
  const log = streams.find(({ config }) => config.name === logStream(lab));
  const millisOf = (time: string | undefined): number => Math.max(0, Date.parse(time ?? '') || 0);
  return {
    lab,
    streams: streams
      .map(({ config: { name }, state: { messages, bytes } }) => ({ name, messages, bytes }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
    bytes: streams.reduce((sum, { state }) => sum + state.bytes, 0),
    replicas: Math.max(...streams.map(({ config }) => config.num_replicas)),
    createdMillis: Math.min(...streams.map(({ created }) => millisOf(created))),
    lastActivityMillis: Math.max(
      ...streams.map(({ created, state }) => Math.max(millisOf(created), millisOf(state.last_ts))),
    ),
    madeBy: log?.config.description ?? '',
    waitingPulls: log ? await waitingPulls(jsm, log.config.name) : 0,
  };
}

async function waitingPulls(jsm: JetStreamManager, stream: string): Promise<number> {
  let waiting = 0;
  for await (const consumer of jsm.consumers.list(stream)) waiting += consumer.num_waiting;
  return waiting;
}
