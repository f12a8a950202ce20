import { logStream } from '@faultline/contracts';
import { jetStreamOf } from '@faultline/messaging';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { TestCluster } from '../../libs/messaging/src/testkit/server.testkit';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { type Draft, scenarioOf } from '../kit/scenario';

const REPLICAS = 3;
const LEADER_MILLIS = 20_000;
/** Short, because what was on its way to a worker when a server died comes again only after it. */
const ACK_WAIT_MILLIS = 2_000;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
}, 30_000);
afterAll(() => cluster.stop());

const crowded: Draft = {
  framesPerShard: 40,
  workers: { processes: 2, servers: 4, groupsPerMessage: 4 },
  iommus: [{ priQueueEntries: 8, eventQueueEntries: 4 }],
  devices: [{ pagesPerGroup: 4, workloads: [{ accesses: 3_000, ratePerSecond: 150, outstanding: 32 }] }],
};

/** Which server leads the log now. */
async function leaderOf(lab: NatsLaboratory): Promise<number> {
  const jsm = await jetStreamOf(lab.stranger.link);
  return eventually(
    'a leader of the log',
    async () => {
      const info = await jsm.streams.info(logStream(lab.laboratory.lab)).catch(() => undefined);
      const index = cluster.cluster.indexOf(info?.cluster?.leader ?? '');
      return index >= 0 ? { index } : undefined;
    },
    LEADER_MILLIS,
  ).then((found) => found?.index ?? -1);
}

/** Waits until every server has all of the log, so that it can do without any one of them. */
async function everyCopyIsCurrent(lab: NatsLaboratory): Promise<void> {
  const jsm = await jetStreamOf(lab.stranger.link);
  await eventually(
    'current copies on all servers',
    async () => {
      const info = await jsm.streams.info(logStream(lab.laboratory.lab)).catch(() => undefined);
      const others = info?.cluster?.replicas ?? [];
      return others.length === REPLICAS - 1 && others.every(({ current, offline }) => current && !offline);
    },
    LEADER_MILLIS,
  );
}

describe('the path on three servers with three copies of everything', () => {
  it('goes through the death and return of each in turn, the leader of the log first, and loses nothing', async () => {
    const lab = await NatsLaboratory.open(cluster, scenarioOf(crowded), {
      replicas: REPLICAS,
      ackWaitMillis: ACK_WAIT_MILLIS,
    });
    try {
      await lab.laboratory.begin();
      await lab.ended(150);
      const leader = await leaderOf(lab);
      const victims = [leader, ...[0, 1, 2].filter((index) => index !== leader)];
      for (const victim of victims) {
        await cluster.cluster.kill(victim);
        const before = lab.laboratory.accesses.count;
        await lab.ended(before + 150);
        await cluster.cluster.revive(victim);
        await everyCopyIsCurrent(lab);
        expect(lab.laboratory.advance()).toBe(false);
      }
      expect(lab.judge(await lab.finish()).complaints).toEqual([]);
    } finally {
      await lab.close();
    }
  }, 120_000);
});
