import { deadStream } from '@faultline/contracts';
import {
  describeDeadLetterPort,
  type FoundLetter,
} from '../../hosting/src/testkit/dead-letter-port.contract.testkit';
import { freshPorts, TestServer, type TestPorts } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

async function found({ jsm, lab }: TestPorts): Promise<FoundLetter[]> {
  const letters: FoundLetter[] = [];
  const { first_seq: first, last_seq: last } = (await jsm.streams.info(deadStream(lab))).state;
  for (let seq = first; seq <= last; seq++) {
    const { header, data } = await jsm.streams.getMessage(deadStream(lab), { seq });
    letters.push({
      subject: header.get('Fl-From'),
      unit: header.get('Fl-Unit'),
      reason: header.get('Fl-Reason'),
      body: Buffer.from(data).toString(),
    });
  }
  return letters;
}

describeDeadLetterPort('JetStream', async () => {
  const ports = await freshPorts(server, { deadMaxBytes: 100_000 });
  return { deadLetters: ports.deadLetters, found: () => found(ports), close: () => ports.link.close() };
});

it('forgets the oldest when it is full, and counts what it could not store', async () => {
  const ports = await freshPorts(server, { deadMaxBytes: 50_000 });
  const body = new Uint8Array(10_000);
  const letter = { subject: 's', unit: 'iommu.0', reason: 'r', body };
  for (let n = 0; n < 20; n++) await ports.deadLetters.bury({ ...letter, reason: `number ${n}` });
  const reasons = (await found(ports)).map((kept) => kept.reason);
  expect(reasons.at(-1)).toBe('number 19');
  expect(reasons.length).toBeLessThan(6);
  await ports.link.close();
  await ports.deadLetters.bury(letter);
  expect([ports.deadLetters.buried, ports.deadLetters.lost]).toEqual([20, 1]);
});
