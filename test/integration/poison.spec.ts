import { handleSchema } from '@faultline/contracts';
import { LaneRejected, type WorkMessage } from '@faultline/hosting';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import type { PathPorts } from '../kit/kit-ports';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { BASE_PAGE, scenarioOf } from '../kit/scenario';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

/** A page that the mm's lane refuses to hear of, as one of another version would. */
const REFUSED_PAGE = BASE_PAGE + 7;
/** Work messages that come to the workers as rubbish from their last record on, and as rubbish altogether. */
const CUT = 5;
const GARBLED = 9;

/** What a worker gets over a wire that spoils messages, and a lane that refuses a page. The log itself is whole. */
function spoiled(ports: PathPorts, instance: string): PathPorts {
  if (!instance.startsWith('iopf-worker')) return ports;
  let count = 0;
  const spoil = (message: WorkMessage): WorkMessage => {
    if (message.deliveries === 1) count += 1;
    const { body } = message;
    if (count === GARBLED && message.deliveries === 1)
      Object.assign(message, { body: Buffer.from('rubbish') });
    else if (count === CUT) Object.assign(message, { body: cutLastGroup(body) });
    return message;
  };
  return {
    ...ports,
    work: {
      work: ({ onWork, ...options }) =>
        ports.work.work({ ...options, onWork: (message) => onWork(spoil(message)) }),
    },
    lanes: {
      serve: (...lane) => ports.lanes.serve(...lane),
      request: (subject, body, timeoutMillis) =>
        pagesOf(body).includes(REFUSED_PAGE)
          ? Promise.reject(new LaneRejected(subject, 'a page it refuses'))
          : ports.lanes.request(subject, body, timeoutMillis),
    },
  };
}

const cutLastGroup = (body: Uint8Array): Uint8Array => body.subarray(0, body.length - 3);

function pagesOf(body: Uint8Array): number[] {
  const records = handleSchema.decode(body).filter((record) => record.kind === 'HandleRequest');
  return records.flatMap(({ members }) => members.map(({ page }) => page));
}

describe('D12 poison among the work', () => {
  it('is answered FAILURE group by group, or by the response timeout, and every group is answered once', async () => {
    const scenario = scenarioOf({
      iommus: [{ model: 'stall' }],
      workers: { processes: 1, servers: 4, groupsPerMessage: 4 },
      devices: [{ responseTimeoutMicros: 2_000_000, workloads: [{ accesses: 600, outstanding: 16 }] }],
    });
    const lab = await NatsLaboratory.open(server, scenario, { through: spoiled });
    try {
      await lab.laboratory.begin();
      const { report, complaints } = lab.judge(await lab.finish());
      expect(complaints.filter((complaint) => !complaint.startsWith('dead letter: '))).toEqual([]);
      const accesses = [...lab.laboratory.accesses.all.values()];
      // No worker ever mapped the page, so no access to it came to a good end.
      const refused = accesses.filter(({ page }) => page === REFUSED_PAGE);
      expect(new Set(refused.flatMap(({ ends }) => ends))).toEqual(new Set(['invalid']));
      expect(report.counts['groupResponded.failure']).toBeGreaterThan(0);
      const { length: buried } = lab.laboratory.buried['iopf-worker-1'] ?? [];
      await eventually('all letters', () => lab.letters.length === buried);
      const reasons = lab.letters.map(({ reason }) => reason);
      expect(reasons.some((reason) => /too short for its head; .*response timeout/.test(reason))).toBe(true);
      expect(reasons.some((reason) => /rejected: a page it refuses; answered FAILURE/.test(reason))).toBe(
        true,
      );
      expect(reasons.some((reason) => /ends inside a record/.test(reason))).toBe(true);
    } finally {
      await lab.close();
    }
  }, 90_000);
});
