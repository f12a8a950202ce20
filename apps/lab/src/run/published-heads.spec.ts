import { encodeHead, headText } from '@faultline/audit';
import { headKey } from '@faultline/contracts';
import { freshPorts, TestServer } from '../../../../libs/messaging/src/testkit/server.testkit';
import { scratchDirectory } from '../testing.testkit';
import { headsOnServer, keptHeads, publishedHeads } from './published-heads';
import { RunFolder } from './run-folder';

const head = (position: number) => ({ position, hash: new Uint8Array(32).fill(position) });

describe('published heads', () => {
  const scratch = scratchDirectory();
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  test('are read from a server by the name of the laboratory, in order, and kept as they are', async () => {
    const { heads, lab, link } = await freshPorts(server);
    for (const position of [20, 10]) await heads.put(headKey(position), encodeHead(head(position)));
    const published = await headsOnServer(server.url, lab);
    expect(published).toEqual([head(10), head(20)]);
    expect(await publishedHeads(heads)).toEqual(published);
    const folder = new RunFolder(scratch.path);
    folder.writeHeads(published.map(headText));
    expect(keptHeads(folder)).toEqual(published);
    await link.close();
  });

  test('that are not there are bad input: no laboratory, no heads, no server', async () => {
    const { lab, link } = await freshPorts(server);
    await link.close();
    await expect(headsOnServer(server.url, lab)).rejects.toThrow(`has no published heads of ${lab}`);
    await expect(headsOnServer(server.url, 'nobody')).rejects.toThrow(
      /knows no laboratory nobody: a private server ends/,
    );
    await expect(headsOnServer('nats://127.0.0.1:1', lab)).rejects.toThrow(/no NATS server answers at nats:/);
  });
});
