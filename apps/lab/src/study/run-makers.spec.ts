import { Interrupted, RunFailed } from '../errors';
import type { MakerCommand } from './run-maker';
import { RunMakers, simulatingProcess } from './run-makers';
import { simulatedRun } from './simulated-run';
import { jobOf } from './study.testkit';

const made: RunMakers[] = [];
afterEach(() => made.splice(0).forEach((makers) => makers.kill()));

function makersOf(command: () => MakerCommand): RunMakers {
  const makers = new RunMakers(command);
  made.push(makers);
  return makers;
}

/** A process that does what a script says. */
const scripted = (script: string) => (): MakerCommand => ({
  ...{ name: 'a process', file: process.execPath, words: ['-e', script], environment: process.env },
});

describe('processes that make runs', () => {
  it('give the run that this process would make, and make one after the other', async () => {
    let started = 0;
    const makers = makersOf(() => {
      started += 1;
      return simulatingProcess();
    });
    const job = await jobOf();
    const [one, here] = [await makers.run(job), await simulatedRun(job)];
    const { wallMillis, endedAtMicros } = here;
    const timeless = { ...one, wallMillis, endedAtMicros };
    expect(timeless).toEqual(JSON.parse(JSON.stringify(here)));
    expect((await makers.run({ ...job, repetition: 4 })).repetition).toBe(4);
    expect(started).toBe(1);
    await Promise.all([makers.run(job), makers.run(job)]);
    expect(started).toBe(2);
  });

  it('refuse the job of another version', async () => {
    const run = makersOf(simulatingProcess).run(await jobOf({ version: '0.0.7' }));
    await expect(run).rejects.toThrow(
      /^a simulating process ended with status 2, at point 2, repetition 3: the study is made by faultline 0\.0\.7, /,
    );
  });

  it.each([
    [
      'process.stderr.write("faultline: no room\\n\\n"); process.exitCode = 3',
      'ended with status 3',
      ': no room',
    ],
    ['process.kill(process.pid, "SIGKILL")', 'ended with SIGKILL', ''],
    ['console.log("hello"); setInterval(() => 0, 1000)', "said 'hello' where a run was expected", ''],
  ])('that come to an end before tell it in a line: %s', async (script, how, why) => {
    const makers = makersOf(scripted(script));
    const error: unknown = await makers.run(await jobOf()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunFailed);
    expect(error).toHaveProperty('message', `a process ${how}, at point 2, repetition 3${why}`);
  });

  it('that cannot be started say so', async () => {
    const makers = makersOf(() => ({ ...simulatingProcess(), file: '/no/such/program' }));
    await expect(makers.run(await jobOf())).rejects.toThrow(/could not be started \(spawn .* ENOENT\)/);
  });

  it('end when nothing more comes in, and the run under way is given up', async () => {
    const makers = makersOf(scripted('process.stdin.resume().on("end", () => process.exit())'));
    const run = makers.run(await jobOf());
    const refused = expect(run).rejects.toBeInstanceOf(Interrupted);
    await makers.stop();
    await refused;
    await expect(makers.run(await jobOf())).rejects.toBeInstanceOf(Interrupted);
  });
});
