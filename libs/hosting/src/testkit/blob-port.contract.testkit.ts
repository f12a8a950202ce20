import type { BlobPort } from '../ports';
import { bytes, text } from './batches.testkit';

export interface BlobHarness {
  blobs: BlobPort;
  close(): Promise<void>;
}

const LARGE = 3_000_000;

/** A body that no chunk boundary leaves unnoticed. */
function large(seed: number): Uint8Array {
  const body = new Uint8Array(LARGE);
  for (let i = 0; i < LARGE; i++) body[i] = (i * 31 + (i >> 8) + seed) & 0xff;
  return body;
}

/** What every store of blobs must do; `makeBlobs` gives a fresh, empty one with room for 10 MB. */
export function describeBlobPort(name: string, makeBlobs: () => Promise<BlobHarness>): void {
  describe(`blob port: ${name}`, () => {
    let harness: BlobHarness;
    beforeEach(async () => {
      harness = await makeBlobs();
    });
    afterEach(() => harness.close());

    const read = async (blob: string): Promise<string | undefined> => {
      const body = await harness.blobs.get(blob);
      return body && text(body);
    };

    it('gives back what was put last, each name for itself', async () => {
      const { blobs } = harness;
      await blobs.put('iommu.0/snapshot', bytes('one'));
      await blobs.put('mm.0 any name: ä*>', bytes('other'));
      await blobs.put('iommu.0/snapshot', bytes('two'));
      expect(await read('iommu.0/snapshot')).toBe('two');
      expect(await read('mm.0 any name: ä*>')).toBe('other');
      expect(await read('iommu.1/snapshot')).toBeUndefined();
    });

    it('takes nothing for a blob, and a large one', async () => {
      const { blobs } = harness;
      await blobs.put('empty', bytes(''));
      await blobs.put('large', large(1));
      expect((await blobs.get('empty'))?.length).toBe(0);
      const body = (await blobs.get('large')) ?? bytes('');
      expect(Buffer.compare(body, large(1))).toBe(0);
    });

    it('forgets what is deleted, and takes it again', async () => {
      const { blobs } = harness;
      await blobs.delete('never was');
      await blobs.put('a', bytes('1'));
      await blobs.delete('a');
      expect(await read('a')).toBeUndefined();
      await blobs.put('a', bytes('2'));
      expect(await read('a')).toBe('2');
    });

    it('names what it has', async () => {
      const { blobs } = harness;
      expect(await blobs.names('')).toEqual([]);
      for (const name of ['iommu.0/1', 'iommu.0/2', 'iommu.00/1']) await blobs.put(name, bytes('x'));
      await blobs.delete('iommu.0/2');
      expect(await blobs.names('iommu.0/')).toEqual(['iommu.0/1']);
      expect((await blobs.names('')).sort()).toEqual(['iommu.0/1', 'iommu.00/1']);
    });

    it('keeps its own copy', async () => {
      const { blobs } = harness;
      const body = bytes('mine');
      await blobs.put('a', body);
      body.fill(0);
      expect(await read('a')).toBe('mine');
      // Node's buffers share their memory with what is sliced from them.
      const buffer = Buffer.from('ours');
      await blobs.put('b', buffer);
      buffer.fill(0);
      (await blobs.get('b'))?.fill(0);
      expect(await read('b')).toBe('ours');
    });

    it('gives a whole blob, the old or a new one, while it is overwritten; and does not fill up', async () => {
      const { blobs } = harness;
      await blobs.put('a', large(0));
      const writing = (async () => {
        for (let seed = 1; seed <= 8; seed++) await blobs.put('a', large(seed));
      })();
      let reads = 0;
      let done = false;
      void writing.finally(() => (done = true)).catch(() => undefined);
      while (!done) {
        const body = (await blobs.get('a')) ?? bytes('');
        expect(Buffer.compare(body, large(body[0] ?? -1))).toBe(0);
        reads++;
      }
      await writing;
      expect(reads).toBeGreaterThan(0);
      expect((await blobs.get('a'))?.[0]).toBe(8);
    });
  });
}
