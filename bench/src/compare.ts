import { join } from 'node:path';
import { provision } from '@faultline/messaging';
import { WholePath } from './faultline/whole-path';
import { measureRound, type Round, WARM_UP_MILLIS, warmUpMillisOf } from './measure';
import type { BenchOptions } from './options';
import { QUEUE } from './skeleton/ports';
import type { Children } from './support/children';
import { RoleGroup } from './support/role-group';
import type { BenchServer } from './support/server';
import { isWatched, type System, type SystemName, type WatchedName } from './support/system';

const SKELETON_LAB = 'bench-skeleton';

interface CompareOptions {
  options: BenchOptions;
  children: Children;
  bench: BenchServer;
  onProgress(line: string): void;
}

/** Measures the systems side by side, in rounds in which each has its turn. The first round warms up and does not count. */
export async function compare({ options, children, bench, onProgress }: CompareOptions): Promise<Round[]> {
  const systems: System[] = [];
  const server = { name: 'nats-server', pid: bench.server.pid };
  const counted: Round[] = [];
  try {
    for (const name of options.systems)
      if (!isWatched(name)) systems.push(await startSystem(name, options, children, bench));
    for (let number = options.quick ? 1 : 0; number <= options.rounds; number += 1) {
      for (const outstanding of options.outstanding) {
        // What one system leaves behind (streams that the server still removes) is there for another one in the next round.
        const inTurn = number % 2 === 0 ? systems : [...systems].reverse();
        for (const system of inTurn) {
          const round = await children.race(measureRound(system, server, outstanding, options.windowMillis));
          const speed = Math.round(round.figures.faultsPerSecond);
          onProgress(
            `${number === 0 ? 'warm-up' : `round ${number} of ${options.rounds}`}: ${system.name}, ${outstanding} outstanding: ${speed} faults/s`,
          );
          if (number > 0) counted.push(round);
        }
      }
    }
  } finally {
    await Promise.all(systems.map((system) => system.dispose()));
  }
  return counted;
}

async function startSystem(
  name: Exclude<SystemName, WatchedName>,
  options: BenchOptions,
  children: Children,
  bench: BenchServer,
): Promise<System> {
  const { workers, profileDirectory } = options;
  const { url } = bench;
  switch (name) {
    case 'faultline': {
      const warmUpMillis = warmUpMillisOf(options);
      return new WholePath({ children, bench, workers, profileDirectory, warmUpMillis });
    }
    case 'nest':
      return RoleGroup.start(children, {
        name,
        script: join(__dirname, 'nest/main.js'),
        url,
        lab: 'bench-nest',
        warmUpMillis: WARM_UP_MILLIS,
      });
    case 'skeleton':
      await provision(bench.jsm, { lab: SKELETON_LAB, queues: [QUEUE] });
      return RoleGroup.start(children, {
        name,
        script: join(__dirname, 'skeleton/main.js'),
        url,
        lab: SKELETON_LAB,
        warmUpMillis: WARM_UP_MILLIS,
        afterRound: () => bench.cutLog(SKELETON_LAB),
      });
  }
}
