import type { BlobPort } from '../ports';

/** Blobs in one process. Copies go in and come out: a `slice` of Node's buffers would share their memory. */
export class MemoryBlobs implements BlobPort {
  private readonly blobs = new Map<string, Uint8Array>();

  put(name: string, body: Uint8Array): Promise<void> {
    this.blobs.set(name, new Uint8Array(body));
    return Promise.resolve();
  }

  get(name: string): Promise<Uint8Array | undefined> {
    const body = this.blobs.get(name);
    return Promise.resolve(body && new Uint8Array(body));
  }

  delete(name: string): Promise<void> {
    this.blobs.delete(name);
    return Promise.resolve();
  }

  names(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.blobs.keys()].filter((name) => name.startsWith(prefix)));
  }
}
