import { SITES_BUCKET, ownersBucket } from '@faultline/contracts';
import { KvLost, KvUnavailable } from '@faultline/hosting';
import { bytes, text } from '../../hosting/src/testkit/batches.testkit';
import { eventually, rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import { describeKvPort, Watched } from '../../hosting/src/testkit/kv-port.contract.testkit';
import { kvStream } from './nats-kv';
import { removeLab } from './laboratories';
import { jetStreamOf, openKv } from './nats-ports';
import { provisionKv } from './provision';
import { freshPorts, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describeKvPort('JetStream', async () => {
  const { owners, link } = await freshPorts(server);
  return { kv: owners, close: () => link.close() };
});

describe('a bucket on JetStream', () => {
  it("is one that the clients' own adapter reads and writes", async () => {
    const { owners, link, lab } = await freshPorts(server);
    const theirs = await link.nc.jetstream().views.kv(ownersBucket(lab), { bindOnly: true });
    await owners.put('unit.iommu.0', bytes('ours'));
    expect((await theirs.get('unit.iommu.0'))?.string()).toBe('ours');
    const revision = await theirs.update('unit.iommu.0', 'theirs', 1);
    expect(await owners.get('unit.iommu.0')).toMatchObject({ revision });
    const watched = await Watched.of(owners, 'unit.');
    await watched.until('ready');
    await theirs.purge('unit.iommu.0');
    expect(await watched.until('unit.iommu.0 deleted')).toContain('unit.iommu.0=theirs');
    expect(await owners.get('unit.iommu.0')).toBeUndefined();
    await owners.put('unit.iommu.0', bytes('free again'), 0);
    await owners.delete('unit.iommu.0');
    expect((await theirs.get('unit.iommu.0'))?.operation).toBe('DEL');
    await link.close();
  });

  it('opens by its name, without a laboratory', async () => {
    const link = await server.link();
    await provisionKv(await jetStreamOf(link), SITES_BUCKET, { maxBytes: 2 ** 20 });
    const sites = await openKv(link, SITES_BUCKET);
    await sites.put('default', bytes('lab'), 0);
    expect(text((await sites.get('default'))?.value ?? bytes(''))).toBe('lab');
    await link.close();
  });

  it('is lost where it is not there: reads say so, a write is not answered', async () => {
    const link = await server.link();
    const kv = await openKv(link, 'NOT_THERE');
    for (const call of [
      kv.get('a'),
      kv.entries(''),
      kv.watch({ prefix: '', ...new Watched().callbacks() }),
    ]) {
      const error = await rejectionOf(call);
      expect(error).toBeInstanceOf(KvLost);
      expect(error).toMatchObject({ bucket: 'NOT_THERE' });
    }
    expect(await rejectionOf(kv.put('a', bytes('')))).toMatchObject({
      name: 'KvUnavailable',
      reason: 'no-responders',
    });
    await link.close();
  });

  it('says at once that a write or read had no answer while the connection is down', async () => {
    const { owners, link } = await freshPorts(server);
    await owners.put('a', bytes('1'));
    await link.close();
    const calls = [owners.put('a', bytes('2'), 1), owners.delete('a'), owners.get('a'), owners.entries('')];
    for (const call of calls) expect(await rejectionOf(call)).toBeInstanceOf(KvUnavailable);
  });

  it('refuses what it has no room for', async () => {
    const { jsm, link } = await freshPorts(server);
    await provisionKv(jsm, 'SMALL', { maxBytes: 2_000 });
    const small = await openKv(link, 'SMALL');
    const error = await rejectionOf(small.put('a', new Uint8Array(3_000)));
    expect(error).toBeInstanceOf(KvUnavailable);
    expect(error).toMatchObject({ reason: expect.stringContaining('maximum bytes') as string });
    await link.close();
  });
});

describe('a watch whose server crashes', () => {
  it('goes on, and tells what was written and deleted meanwhile', async () => {
    const { owners, link } = await freshPorts(server);
    await owners.put('u.1', bytes('a'));
    await owners.put('u.2', bytes('b'));
    const watched = await Watched.of(owners, 'u.');
    await watched.until('ready');
    for (const round of ['first', 'second']) {
      await server.crashAndRestart();
      await eventually('the bucket', () => owners.get('u.1').catch(() => undefined));
      await owners.put('u.3', bytes(round));
      await watched.until(`u.3=${round}`);
    }
    await owners.delete('u.2');
    await watched.until('u.2 deleted');
    expect(watched.told.filter((line) => line === 'ready')).toEqual(['ready']);
    expect(watched.errors).toEqual([]);
    await watched.running.stop();
    await link.close();
  });

  it('ends when the bucket was deleted and made anew', async () => {
    const { owners, link, jsm, lab } = await freshPorts(server);
    const [fuller, same] = [await Watched.of(owners, 'u.'), await Watched.of(owners, 'none.')];
    await owners.put('u.1', bytes('a'));
    await fuller.until('u.1=a');
    await same.until('ready');
    await jsm.streams.delete(kvStream(ownersBucket(lab)));
    await provisionKv(jsm, ownersBucket(lab));
    for (let n = 0; n < 3; n++) await owners.put('u.1', bytes(`new ${n}`));
    await eventually(
      'both errors, after the missed heartbeats',
      () => fuller.errors.length === 1 && same.errors.length === 1,
      15_000,
    );
    for (const { errors } of [fuller, same]) {
      expect(errors[0]).toBeInstanceOf(KvLost);
      expect(errors[0]?.message).toMatch(/made anew/);
    }
    await link.close();
  });

  it('ends when the laboratory was removed', async () => {
    const { owners, link, jsm, lab } = await freshPorts(server);
    const watched = await Watched.of(owners, '');
    await watched.until('ready');
    expect(await removeLab(jsm, lab)).toEqual([
      `FAULTLINE_${lab}`,
      `FAULTLINE_${lab}_DEAD`,
      `KV_FAULTLINE_${lab}_HEADS`,
      `KV_FAULTLINE_${lab}_OWNERS`,
      `KV_FAULTLINE_${lab}_SNAPSHOT_INDEX`,
      `OBJ_FAULTLINE_${lab}_SNAPSHOTS`,
    ]);
    expect(await removeLab(jsm, lab)).toEqual([]);
    await eventually('the error', () => watched.errors.length === 1, 30_000);
    expect(watched.errors[0]).toMatchObject({ name: 'KvLost', reason: 'its stream is gone' });
    await link.close();
  }, 40_000);

  it('ends as unavailable when its own connection is closed', async () => {
    const { owners, link } = await freshPorts(server);
    const watched = await Watched.of(owners, '');
    await link.close();
    await eventually('the error', () => watched.errors.length === 1);
    expect(watched.errors[0]).toBeInstanceOf(KvUnavailable);
  });
});
