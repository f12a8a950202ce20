import { labOfStream, logStream } from '@faultline/contracts';
import type { JetStreamManager, StreamInfo } from 'nats';

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

/** Deletes streams of a laboratory. One that is gone already is as good as deleted. */
export async function removeStreams(jsm: JetStreamManager, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await jsm.streams.delete(name).catch(async (error: unknown) => {
      const left = await jsm.streams.info(name).catch(() => undefined);
      if (left) throw error;
    });
  }
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
