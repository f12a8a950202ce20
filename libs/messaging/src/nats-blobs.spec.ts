import { snapshotBucket } from '@faultline/contracts';
import { BlobUnavailable } from '@faultline/hosting';
import { bytes, text } from '../../hosting/src/testkit/batches.testkit';
import { describeBlobPort } from '../../hosting/src/testkit/blob-port.contract.testkit';
import { eventually, rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import { blobStream, NatsBlobs } from './nats-blobs';
import { freshPorts, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describeBlobPort('JetStream', async () => {
  const { snapshots, link } = await freshPorts(server);
  return { blobs: snapshots, close: () => link.close() };
});

describe('blobs on JetStream', () => {
  it('are unavailable where the store was never made, and it is not made by asking', async () => {
    const { link, jsm } = await freshPorts(server);
    const blobs = new NatsBlobs(link, 'NOT_THERE');
    for (const call of [blobs.put('a', bytes('x')), blobs.get('a'), blobs.delete('a')])
      expect(await rejectionOf(call)).toBeInstanceOf(BlobUnavailable);
    await expect(jsm.streams.info(blobStream('NOT_THERE'))).rejects.toThrow('stream not found');
    await link.close();
  });

  it('are refused when they do not fit, and what was there stays whole', async () => {
    const { snapshots, link, jsm, lab } = await freshPorts(server, { snapshotMaxBytes: 400_000 });
    await snapshots.put('a', new Uint8Array(40_000).fill(1));
    const error = await rejectionOf(snapshots.put('a', new Uint8Array(800_000).fill(2)));
    expect(error).toBeInstanceOf(BlobUnavailable);
    expect(error).toMatchObject({ blob: 'a', reason: expect.stringContaining('maximum bytes') as string });
    const body = await snapshots.get('a');
    expect([body?.length, body?.every((byte) => byte === 1)]).toEqual([40_000, true]);
    // Its one chunk and its description, and nothing of what did not fit.
    expect((await jsm.streams.info(blobStream(snapshotBucket(lab)))).state.messages).toBe(2);
    await link.close();
  });

  it('are found damaged when a part of them is gone', async () => {
    const { link, jsm, lab } = await freshPorts(server);
    const impatient = new NatsBlobs(link, snapshotBucket(lab), { timeoutMillis: 200 });
    await impatient.put('part', new Uint8Array(300_000));
    await impatient.put('all', new Uint8Array(300_000));
    const stream = blobStream(snapshotBucket(lab));
    await jsm.streams.deleteMessage(stream, 2);
    expect(await rejectionOf(impatient.get('part'))).toBeInstanceOf(BlobUnavailable);
    await jsm.streams.purge(stream, { filter: `$O.${snapshotBucket(lab)}.C.>` });
    expect(await rejectionOf(impatient.get('all'))).toMatchObject({
      name: 'BlobUnavailable',
      reason: 'nothing came for 200 ms',
    });
    await link.close();
  });

  it('survive a crash of the server, and say at once that the connection is closed', async () => {
    const { snapshots, link } = await freshPorts(server);
    await snapshots.put('a', bytes('kept'));
    await server.crashAndRestart();
    const body = await eventually('the blob', () => snapshots.get('a').catch(() => undefined));
    expect(body && text(body)).toBe('kept');
    await snapshots.put('a', bytes('new'));
    await link.close();
    expect(await rejectionOf(snapshots.get('a'))).toBeInstanceOf(BlobUnavailable);
  });
});
