import { resolve } from 'node:path';
import type { PureFigures } from './core/pure-path';
import { runPurePath } from './core/run-pure-path';
import { compare } from './compare';
import { observe } from './observation';
import { type BenchOptions, parseOptions, USAGE, UsageError } from './options';
import { METHOD, performancePage, printedSections, writePage, writeResults } from './report/document';
import { describeMachine, machineLines } from './report/machine';
import {
  largeSection,
  observationSection,
  processSection,
  pureSection,
  pureStageSection,
  ratioSection,
  recordSection,
  simulatorSection,
  type Section,
  soakSection,
  speedSection,
  targetSection,
} from './report/sections';
import { largeTargets, memoryTargets, pureTargets, simulatorTargets, speedTargets } from './report/targets';
import type { LargeFigures } from './simulator/large';
import { runLarge, runSimulator } from './simulator/run-simulator';
import type { SimulatorFigures } from './simulator/simulator';
import { soak } from './soak';
import { Children } from './support/children';
import { BenchServer } from './support/server';

/** Above dist/bench/src: the checkout. */
const ROOT = resolve(__dirname, '../../..');
const PURE_FAULTS = 200_000;
const QUICK_PURE_FAULTS = 20_000;
const SIMULATED_FAULTS = 60_000;
const QUICK_SIMULATED_FAULTS = 8_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Measured {
  sections: Section[];
  figures: Record<string, unknown>;
}

async function measureSpeed(
  options: BenchOptions,
  children: Children,
  bench: BenchServer,
): Promise<Measured> {
  const rounds = await compare({ options, children, bench, onProgress: say });
  const watched = await observe({ options, children, bench, onProgress: say });
  const pure = measurePure(options);
  const simulator = measureSimulator(options);
  const large = measureLarge(options);
  const targets = [
    ...[...speedTargets(rounds, watched), ...pureTargets(pure), ...simulatorTargets(simulator)],
    ...large.flatMap(largeTargets),
  ];
  const sections = [
    speedSection(rounds),
    ratioSection(rounds),
    processSection(rounds),
    recordSection(rounds),
    observationSection(watched),
    pureSection(pure),
    pureStageSection(pure),
    simulatorSection(simulator, pure),
    ...large.map(largeSection),
    targetSection(targets),
  ];
  return { sections, figures: { rounds, watched, pure, simulator, large, targets } };
}

function measurePure({ rounds, quick }: BenchOptions): PureFigures {
  return runPurePath(rounds, quick ? QUICK_PURE_FAULTS : PURE_FAULTS);
}

function measureSimulator({ rounds, quick }: BenchOptions): SimulatorFigures {
  return runSimulator(rounds, quick ? QUICK_SIMULATED_FAULTS : SIMULATED_FAULTS);
}

/** Of the large simulation, if it is asked for. */
function measureLarge({ large }: BenchOptions): LargeFigures[] {
  return large ? [runLarge()] : [];
}

function printSimulator(options: BenchOptions): void {
  const [pure, simulator, large] = [measurePure(options), measureSimulator(options), measureLarge(options)];
  const sections = [
    simulatorSection(simulator, pure),
    ...large.map(largeSection),
    targetSection([...simulatorTargets(simulator), ...large.flatMap(largeTargets)]),
  ];
  process.stdout.write(`${printedSections(sections)}\n`);
}

function printPure(options: BenchOptions): void {
  const pure = measurePure(options);
  const sections = [pureSection(pure), pureStageSection(pure), targetSection(pureTargets(pure))];
  process.stdout.write(`${printedSections(sections)}\n`);
}

async function measureMemory(
  faults: number,
  options: BenchOptions,
  children: Children,
  bench: BenchServer,
): Promise<Measured> {
  const runs = await soak({ children, bench, faults, workers: options.workers, onProgress: say });
  const targets = memoryTargets(runs);
  return { sections: [soakSection(runs), targetSection(targets)], figures: { runs, targets } };
}

async function measure(options: BenchOptions, children: Children, bench: BenchServer): Promise<void> {
  const { soakFaults } = options;
  const measured =
    soakFaults === undefined
      ? await measureSpeed(options, children, bench)
      : await measureMemory(soakFaults, options, children, bench);
  const machine = describeMachine(bench.server.version, bench.server.durability.text, new Date());
  process.stdout.write(
    `${machineLines(machine).join('\n')}\n\n${METHOD.join('\n')}\n\n${printedSections(measured.sections)}\n`,
  );
  // One short round shows that everything works, and nothing about speed.
  if (!options.quick)
    say(
      `results: ${writeResults(ROOT, machine.date, { machine, options, method: METHOD, ...measured.figures })}`,
    );
  if (options.writeDocs) say(`page: ${writePage(ROOT, performancePage(machine, measured.sections))}`);
}

/** Rejects at the first Ctrl-C or request to end. */
function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
  });
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(`${USAGE}\n`);
  if (options.pure) return printPure(options);
  if (options.simulator) return printSimulator(options);
  const interrupted = interruption();
  // An interruption during the start is seen by the race below.
  interrupted.catch(() => undefined);
  const children = new Children();
  const bench = await BenchServer.start();
  try {
    await Promise.race([measure(options, children, bench), interrupted]);
  } finally {
    children.killAll();
    await bench.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    say(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
