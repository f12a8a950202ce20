import type { BlobPort } from '../ports';

/** Blobs in one process. */
export class MemoryBlobs implements BlobPort {
  private readonly blobs = new Map<string, Uint8Array>();

  put(name: string, body: Uint8Array): Promise<void> {
    this.blobs.set(name, body.slice());
    return Promise.resolve();
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.blobs.get(name)?.slice());
  }

  delete(name: string): Promise<void> {
    this.blobs.delete(name);
    return Promise.resolve();
  }
}
