import type { LabRun, Verdict } from '../kit/lab-run';
import { chaosScenario } from '../kit/scenario';
import { ChaosSystem } from '../kit/system';
import { ChaosHand } from './hand';
import { type ChaosOptions, commandOf, parseOptions, USAGE } from './options';
import { UsageError } from '../../kit/run-options';
import { planActs } from './plan';

const RATE_PER_SECOND = 150;
/** After the last act everything has to come to its end; devices that lost time are late by it. */
const DRAIN_MILLIS = 900_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function chaos(options: ChaosOptions): Promise<boolean> {
  const { replicas, leaseMillis, minutes } = options;
  const counts = {
    'event-log': 1,
    'mm-handler': replicas,
    iommu: replicas,
    'device-emulator': replicas,
    'iopf-worker': replicas,
  };
  const cables = ['iommu-1', 'mm-handler-1', 'device-emulator-1', 'iopf-worker-1'];
  const system = await ChaosSystem.start({ leaseMillis, counts, cables, onTell: say });
  // As many as take that long, so that the run ends by itself, and what is left over counts as lost.
  const accesses = Math.ceil(RATE_PER_SECOND * minutes * 60);
  let hand: ChaosHand | undefined;
  const act = async (run: LabRun): Promise<void> => {
    await run.ended(1);
    hand = new ChaosHand(system, (line) => run.tell(line));
    const plan = planActs(
      options,
      system.fleet.members.map(({ instance }) => instance),
      cables,
    );
    const beganAt = performance.now();
    for (const next of plan) {
      await run.pause(beganAt + next.atMillis - performance.now());
      hand.act(next);
    }
    await run.pause(beganAt + minutes * 60_000 - performance.now());
    await hand.rest();
    run.tell('nothing more is done');
  };
  let verdict: Verdict | undefined;
  try {
    const patienceMillis = minutes * 60_000 + DRAIN_MILLIS;
    const scenario = chaosScenario({ accesses, ratePerSecond: RATE_PER_SECOND });
    verdict = await system.run('chaos', scenario, act, patienceMillis);
    report(verdict, hand);
  } catch (error) {
    say(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  const isWhole = verdict?.complaints.length === 0;
  const late = await system.close(!isWhole);
  if (late.length > 0) say(`did not end in order: ${late.join(', ')}`);
  const isClean = isWhole && late.length === 0;
  if (!isClean) say(`logs and record: ${system.directory}`);
  return isClean;
}

function report({ complaints, summary, longestPauseMillis }: Verdict, hand: ChaosHand | undefined): void {
  const { completed, aborted, hit, removed } = summary.accesses;
  const done = Object.entries(hand?.done ?? {}).map(([verb, count]) => `${count} ${verb}`);
  say(`done: ${done.join(', ')}`);
  say(
    `accesses: ${completed} completed, ${hit} hit, ${aborted} aborted, ${removed} lost with a reset; ` +
      `${summary.groups} groups, ${summary.messages} messages`,
  );
  say(`longest time without the end of an access: ${(longestPauseMillis / 1000).toFixed(1)} s`);
  for (const complaint of complaints) say(`VIOLATION ${complaint}`);
  say(`verdict: ${complaints.length === 0 ? 'no violations' : `${complaints.length} violations`}`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') return say(USAGE);
  const command = commandOf(options);
  say(command);
  if (await chaos(options)) return;
  say(`FAILED; the same again: ${command}`);
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
