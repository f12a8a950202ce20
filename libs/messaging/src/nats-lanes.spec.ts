import { LaneUnavailable } from '@faultline/hosting';
import { bytes } from '../../hosting/src/testkit/batches.testkit';
import { eventually, rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import { describeLanePort } from '../../hosting/src/testkit/lane-port.contract.testkit';
import { NatsLanes } from './nats-lanes';
import { freshLab, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describeLanePort('NATS', async () => {
  const [client, other] = await Promise.all([server.link(), server.link()]);
  const lanes = new NatsLanes(other);
  return {
    client: new NatsLanes(client),
    server: {
      request: (...call) => lanes.request(...call),
      // Who asks at once hears it said that the lane was opened, and would ask again.
      serve: async (...how) => {
        const running = await lanes.serve(...how);
        await other.nc.flush();
        return running;
      },
    },
    prefix: freshLab(),
    close: async () => void (await Promise.all([client.close(), other.close()])),
  };
});

describe('lanes over a connection that breaks', () => {
  it('fail what is in flight at once, and work again after the reconnection', async () => {
    const statuses: string[] = [];
    const link = await server.link((status) => statuses.push(status));
    const lanes = new NatsLanes(link);
    let requests = 0;
    const subject = `${freshLab()}.cmd`;
    await lanes.serve(
      subject,
      (body) => (requests++ === 0 ? new Promise(() => undefined) : body),
      () => undefined,
    );
    const lost = rejectionOf(lanes.request(subject, bytes('a'), 60_000));
    await eventually('the request', () => requests === 1);
    await server.crashAndRestart();
    expect(await lost).toBeInstanceOf(LaneUnavailable);
    expect(await lost).toMatchObject({ reason: 'closed' });
    await eventually('the reconnection', () => statuses.includes('reconnected'));
    expect(await lanes.request(subject, bytes('b'), 5_000)).toEqual(bytes('b'));
    await link.close();
    expect(await rejectionOf(lanes.request(subject, bytes('c'), 5_000))).toMatchObject({ reason: 'closed' });
    expect(statuses).toContain('closed');
  });
});
