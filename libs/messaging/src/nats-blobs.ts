import { BlobUnavailable, type BlobPort, toError } from '@faultline/hosting';
import type { ObjectResult, ObjectStore } from 'nats';
import { writeBlob } from './blob-writer';
import type { NatsLink } from './connection';
import { askJetStream } from './jetstream-api';
import { apiErrorOf } from './patience';

export interface NatsBlobsOptions {
  /** How long a step of a read or write may take, in milliseconds; default 5000. */
  timeoutMillis?: number;
}

/** Name of the JetStream stream that keeps an object store, as all clients of NATS have it. */
export const blobStream = (bucket: string): string => `OBJ_${bucket}`;

/** Attempts to read a blob that is overwritten while it is read. */
const READ_ATTEMPTS = 5;

/** Blobs in an object store of JetStream that was provisioned before; read through the client's own adapter. */
export class NatsBlobs implements BlobPort {
  private readonly timeoutMillis: number;
  private opened: ObjectStore | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly bucket: string,
    options: NatsBlobsOptions = {},
  ) {
    this.timeoutMillis = options.timeoutMillis ?? 5_000;
  }

  put(name: string, body: Uint8Array): Promise<void> {
    return this.explain(name, async (store) => {
      const { link, bucket, timeoutMillis } = this;
      const before = await store.info(name);
      const target = { link, bucket, stream: blobStream(bucket), timeoutMillis };
      await writeBlob(target, name, body, before?.nuid);
    });
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.explain(name, async (store) => {
      for (let attempt = 1; ; attempt++) {
        const found = await store.get(name);
        if (!found) return undefined;
        try {
          return await this.read(found);
        } catch (error) {
          // A writer replaced it and took away the chunks of the old one: the new one is whole.
          const now = await store.info(name);
          if (attempt === READ_ATTEMPTS || now?.nuid === found.info.nuid) throw error;
        }
      }
    });
  }

  delete(name: string): Promise<void> {
    return this.explain(name, async (store) => {
      await store.delete(name);
    });
  }

  names(prefix: string): Promise<string[]> {
    return this.explain(prefix, async (store) => {
      const names = (await store.list()).map(({ name }) => name);
      return names.filter((name) => name.startsWith(prefix));
    });
  }

  /** The client awaits chunks for ever, also those that are gone. */
  private async read({ data, error: finished, info }: ObjectResult): Promise<Uint8Array> {
    finished.catch(() => undefined);
    const reader = data.getReader();
    const body = new Uint8Array(info.size);
    for (let at = 0; ;) {
      const { done, value } = await this.inTime(reader.read()).catch(async (error: unknown) => {
        await reader.cancel().catch(() => undefined);
        throw error;
      });
      if (done) {
        if (at !== info.size) throw new Error(`it has ${at} of ${info.size} bytes`);
        return body;
      }
      body.set(value, at);
      at += value.length;
    }
  }

  private async inTime<T>(step: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const message = `nothing came for ${this.timeoutMillis} ms`;
      timer = setTimeout(() => reject(new Error(message)), this.timeoutMillis);
    });
    return Promise.race([step, late]).finally(() => clearTimeout(timer));
  }

  private async explain<T>(name: string, task: (store: ObjectStore) => Promise<T>): Promise<T> {
    try {
      return await task(await this.store());
    } catch (error) {
      // The client's message is the number of the error where the server's description says what it is.
      const reason = apiErrorOf(error)?.description ?? toError(error).message;
      throw new BlobUnavailable(name, reason, { cause: error });
    }
  }

  private async store(): Promise<ObjectStore> {
    // It fails at once while the connection is down; and the client would make a store without limits where there is none.
    await askJetStream(this.link, `STREAM.INFO.${blobStream(this.bucket)}`);
    const js = this.link.nc.jetstream({ timeout: this.timeoutMillis });
    this.opened ??= await js.views.os(this.bucket);
    return this.opened;
  }
}
