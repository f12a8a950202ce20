import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newFolder } from './live-run';

const scratch = mkdtempSync(join(tmpdir(), 'faultline-live-run-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const [directory, runs] = [join(scratch, 'study/live'), join(scratch, 'runs')];
const planned = { point: 3, repetition: 2 };

describe('the folder of a live run', () => {
  it("is the point's in the study's folder, and has nothing of a run before", () => {
    const before = newFolder(planned, { directory, runs, site: undefined });
    writeFileSync(before.log, 'an interrupted run');
    const folder = newFolder(planned, { directory, runs, site: undefined });
    expect(folder.path).toBe(join(directory, 'point-0003-2'));
    expect(existsSync(folder.log)).toBe(false);
  });

  it('is where the event log of a site keeps the record, under a name that no other run has', () => {
    const [one, other] = [planned, planned].map((each) => newFolder(each, { directory, runs, site: 'lab' }));
    expect(dirname(one?.path ?? '')).toBe(runs);
    expect(one?.id).toMatch(/^\d{8}-\d{6}-[a-z0-9]{4}$/);
    expect(other?.id).not.toBe(one?.id);
  });
});
