import { headText } from '@faultline/audit';
import { RecordReader } from '@faultline/record';
import { DataSource } from 'typeorm';
import { goodLog } from '../../../../../libs/audit/src/log.testkit';
import { ApiBench } from '../api.testkit';

interface Status {
  source: string;
  complete: boolean;
  upTo: number;
  head: { position: number; hash: string };
  report: {
    clean: boolean;
    chain: { first: { fault: string } | null; heads: number };
    invariants: unknown[];
  } | null;
}

const api = new ApiBench();
const ended = '20250101-000000-aaaa';
const open = '20250102-000000-bbbb';
const end = goodLog().length;
beforeAll(async () => {
  await api.run(ended);
  await api.run(open, { ended: false });
  await api.open();
});
afterAll(() => api.clear());

const audit = async (run: string, query = ''): Promise<Status> =>
  (await api.get<Status>(`/api/runs/${run}/audit${query}`)).body;

it('gives what was found when the run ended, and where the chain ends', async () => {
  const reader = await RecordReader.open(`${api.runs}/${ended}`);
  const { position, hash } = await reader.head();
  await reader.close();
  expect(await audit(ended)).toMatchObject({
    ...{ source: 'kept', complete: true, upTo: end, recordedTo: end },
    head: headText({ position, hash }),
    report: { clean: true, runEnded: 'finished', lastSequence: end },
  });
});

it('audits a run anew where that is asked for, or nothing is kept', async () => {
  for (const status of [await audit(ended, '?fresh=true'), await audit(open), await audit(open)])
    expect(status).toMatchObject({ source: 'fresh', complete: true, upTo: end, report: { clean: true } });
});

it('holds the chain against heads that were published, and finds what was changed since', async () => {
  const run = '20250103-000000-cccc';
  const folder = await api.run(run);
  const reader = await RecordReader.open(folder.path);
  const hash = (await reader.hashAt(5)) ?? new Uint8Array();
  await reader.close();
  folder.writeHeads([headText({ position: 5, hash })]);
  expect(await audit(run, '?fresh=true')).toMatchObject({
    report: { clean: true, chain: { first: null, heads: 1 } },
  });
  const other = '20250104-000000-dddd';
  const changed = await api.run(other);
  const source = await new DataSource({ type: 'sqlite', database: changed.log }).initialize();
  await source.query('UPDATE record SET epoch = 9 WHERE sequence = 4');
  await source.destroy();
  expect(await audit(other)).toMatchObject({ source: 'kept', report: { clean: true } });
  expect(await audit(other, '?fresh=true')).toMatchObject({
    report: { clean: false, chain: { first: { fault: 'altered', sequence: 4 } } },
  });
});

it('refuses published heads that are none, and a question that is none', async () => {
  const folder = await api.run('20250105-000000-eeee');
  for (const text of ['{}', 'no JSON', '[{"position":1,"hash":"x"}]']) {
    api.write(folder, 'heads.json', text);
    const answer = await api.get(`/api/runs/${folder.id}/audit?fresh=true`);
    expect([text, answer.status, answer.body]).toMatchObject([text, 409, { error: 'RunFileDamaged' }]);
  }
  expect(await api.get(`/api/runs/${ended}/audit?fresh=maybe`)).toMatchObject({ status: 400 });
});
