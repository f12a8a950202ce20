import { subjectsOf } from '@faultline/contracts';
import { LaneRejected } from '@faultline/hosting';
import { eventually, rejectionOf } from '../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { auditLog, complaintsOf } from '../kit/audit-log';
import { badEntries, badRequests, type Lane } from '../kit/bad-messages';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { scenarioOf } from '../kit/scenario';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

it('bad messages go to the dead letters with their reason, and the run goes on as if they had not come', async () => {
  const scenario = scenarioOf({ framesPerShard: 40, devices: [{ workloads: [{ accesses: 3_000 }] }] });
  const lab = await NatsLaboratory.open(server, scenario);
  const { ports } = lab.stranger;
  try {
    await lab.laboratory.begin();
    await lab.ended(100);
    for (const [what, lane, body, reason] of badRequests) {
      const rejection = await rejectionOf(ports.lanes.request(lane(lab.subjects), body, 20_000));
      expect([what, rejection]).toEqual([what, expect.any(LaneRejected)]);
      expect([what, (rejection as LaneRejected).reason]).toEqual([what, expect.stringMatching(reason)]);
    }
    const places: number[] = [];
    for (const [what, subject, unit, schema, body] of badEntries) {
      const headers = { schema, version: 1, unit, epoch: 1, cycle: 1 };
      places.push(
        (await ports.log.append({ subject: subject(lab.subjects), headers, body, id: what })).sequence,
      );
    }
    expect(lab.laboratory.advance()).toBe(false);
    const log = await lab.finish();
    await eventually('all letters', () => lab.letters.length >= badRequests.length + badEntries.length);
    for (const [what, place, , reason] of badRequests)
      expect([what, letterOf(lab, place, reason)]).toEqual([what, true]);
    for (const [what, place, , , , reason] of badEntries)
      expect([what, letterOf(lab, place, reason)]).toEqual([what, true]);
    // Counted by whoever found them, and nobody else.
    const counted = Object.values(lab.laboratory.buried).flat();
    expect(counted).toHaveLength(badRequests.length + badEntries.length);
    const accesses = [...lab.laboratory.accesses.all.values()];
    expect(accesses.filter(({ ends }) => ends.join() !== 'completed')).toEqual([]);
    expect(complaintsOf(auditLog(log, scenario)).sort()).toEqual(expectedComplaints(places, log.length));
  } finally {
    await lab.close();
  }
}, 120_000);

/** A log with foreign messages is not whole: the audit says where. Groups that strangers queued are never answered. */
function expectedComplaints(places: readonly number[], last: number): unknown[] {
  const unreadable = places
    .slice(0, -2)
    .map((place) => expect.stringMatching(new RegExp(`^I4 at ${place}: message ${place} on `)));
  return [
    `I1 at ${last}: group -1.1.1: the run is finished, but the group was neither answered nor discarded`,
    `I1 at ${last}: group 9.1.1: the run is finished, but the group was neither answered nor discarded`,
    ...unreadable,
    `I5 at ${last}: groups: the run is finished, but 2 are pending`,
  ];
}

function letterOf(lab: NatsLaboratory, place: Lane, reason: RegExp): boolean {
  const from = place(subjectsOf(lab.laboratory.lab));
  return lab.letters.some((letter) => letter.from === from && reason.test(letter.reason));
}
