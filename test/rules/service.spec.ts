import { Auditor } from '@faultline/audit';
import { iommuQueueSchema, iommuUnit, segmentUnit, shardUnit } from '@faultline/contracts';
import { type LogAppend, LogFull, type WorkMessage } from '@faultline/hosting';
import { IommuUnit, type SnapshotEntry, SnapshotIndex, WorkIntake } from '@faultline/units';
import { LogRoom } from '../../libs/units/src/testkit/inner-parts.testkit';
import { ample, slow } from '../kit/rule-drafts';
import { type RuleTrial, testRule } from '../kit/rule-test';
import { replacing } from '../kit/sabotage';
import { scenarioOf } from '../kit/scenario';
import type { VirtualPorts } from '../kit/virtual-ports';
import type { FinishedRun } from '../kit/virtual-run';

/** How work gets to workers, and room stays in the log (D12 to D15). */

const OUTAGE_MICROS = 12_000_000;

/** The mm stands still for a while, and the worker that waited for it dies before it goes on. */
function outage(): RuleTrial {
  let untilMicros: number | undefined;
  let isOver = false;
  return {
    scenario: scenarioOf({
      ...ample,
      workers: { processes: 1, servers: 8, groupsPerMessage: 1 },
      devices: [{ workloads: [{ accesses: 40, outstanding: 1, pages: 64, pattern: 'sequential' }] }],
    }),
    trouble: { loss: 0, ackWaitMillis: 1_000 },
    meanwhile: (laboratory) => {
      const now = laboratory['now']();
      const { life } = laboratory.newest('mm-handler');
      if (untilMicros === undefined && laboratory.accesses.count >= 20) {
        untilMicros = now + OUTAGE_MICROS;
        life.freeze();
      }
      if (isOver || untilMicros === undefined || now < untilMicros) return;
      isOver = true;
      void laboratory.replaceWorker().catch((error: Error) => laboratory.failures.push(error));
      life.thaw();
    },
  };
}

describe('D12 work is delivered until it is done', () => {
  testRule('D12', {
    sabotage: 'work is given up after its third delivery',
    install: replacing<WorkIntake, [WorkMessage], void>(WorkIntake, 'take', (original) => (self, how) => {
      const [message] = how;
      if (message.deliveries < 3) original(self, how);
      else message.terminate('delivered too often');
    }),
    noticed: /run: .*(no end|nothing is left)/,
    seeds: [1],
    trial: outage,
  });
});

const LOG_BYTES = 60_000;
/** Steps of the world before somebody gives a log that is nearly full more room. */
const STEPS_UNTIL_HELP = 1_500;

/** A log with room for half the run, until somebody raises its limit. */
function smallLog(): RuleTrial {
  let [bytes, limit, refused, steps] = [0, LOG_BYTES, 0, 0];
  const through = (ports: VirtualPorts): VirtualPorts => {
    const { log } = ports;
    const append = async (message: LogAppend) => {
      const size = message.subject.length + message.body.length;
      if (bytes + size > limit) {
        refused += 1;
        throw new LogFull(message.subject);
      }
      bytes += size;
      return log.append(message);
    };
    return {
      ...ports,
      log: {
        append,
        follow: (options) => log.follow(options),
        last: (subject) => log.last(subject),
        fill: () => Promise.resolve(bytes / limit),
        lastSequence: () => log.lastSequence(),
        trim: (floors) => log.trim(floors),
      },
    };
  };
  return {
    // Faults take seconds, since an IOMMU asks once a second how full the log is.
    scenario: scenarioOf({ ...ample, timeScale: 20_000 }),
    through,
    meanwhile: () => {
      if (bytes > 0.8 * limit && (steps += 1) === STEPS_UNTIL_HELP) limit *= 10;
    },
    judge: () => [
      ...(refused > 0 ? [`log: it was full, and refused ${refused} messages of faults under way`] : []),
      ...(limit === LOG_BYTES ? ['log: it was never nearly full, so nothing was tried'] : []),
    ],
  };
}

describe('D13 no fault is accepted into a log that has no room for its end', () => {
  testRule('D13', {
    sabotage: 'an IOMMU does not ask how full the log is',
    install: replacing<LogRoom, [], Promise<void>>(LogRoom, 'ask', () => () => Promise.resolve()),
    noticed: /log: it was full, and refused/,
    seeds: [1],
    trial: smallLog,
  });
});

describe('D13 the log is trimmed only behind what everybody has', () => {
  testRule('D13', {
    sabotage: 'what is recorded is removed, whoever has no snapshot of it',
    install: replacing<SnapshotIndex, [], Promise<Map<string, SnapshotEntry>>>(
      SnapshotIndex,
      'all',
      () => () => Promise.resolve(new Map(UNITS.map((unit) => [unit, everythingOf(unit)]))),
    ),
    noticed: /run: .* cannot be recovered: the log was trimmed/,
    seeds: [1],
    trial: () => ({
      scenario: scenarioOf(ample),
      trimSteps: 20,
      snapshotEvents: 60,
      takeovers: (['iommu', 'mm-handler', 'device-emulator'] as const).map((whom) => {
        return { whom, how: 'killed', afterSteps: 150, thawSteps: 1 } as const;
      }),
    }),
  });
});

const UNITS = [iommuUnit(0), shardUnit(0), segmentUnit(0)];

/** What the index would say if a unit had a snapshot of everything that ever will be in the log. */
function everythingOf(unit: string): SnapshotEntry {
  const everywhere = { get: (): number => 2 ** 31 };
  const read = new Proxy<Record<string, number>>({}, everywhere);
  return { unit, read, blob: '', epoch: 0, ordinal: 0, stateVersion: 0, madeBy: '' };
}

const HANDLER_MICROS = 100;
const QUIET = 1;

/** Median end-to-end time of the quiet device's faults. */
function quietMicros({ log }: FinishedRun): number {
  const times: number[] = [];
  const auditor = new Auditor({
    onFault: ({ device, totalMicros }) => {
      if (device === QUIET) times.push(totalMicros ?? Infinity);
    },
  });
  for (const message of log) auditor.observe(message);
  auditor.verdict();
  return times.sort((one, other) => one - other)[times.length >> 1] ?? Infinity;
}

describe('D14 fair service goes round the devices', () => {
  const pages = 1024;
  const vmas = [{ pages }];
  const loud = { accesses: 400, outstanding: 64, pages, pattern: 'sequential' } as const;
  const quiet = {
    mm: 1,
    accesses: 10,
    outstanding: 2,
    pages,
    pattern: 'sequential',
    ratePerSecond: 500,
  } as const;
  testRule('D14', {
    sabotage: 'an IOMMU serves first what closed first',
    install: replacing<IommuUnit, [], Promise<void>>(IommuUnit, 'openHost', (original) => (self) => {
      const scenario = self['scenario'];
      Object.assign(self, { scenario: { ...scenario, iopf: { ...scenario.iopf, order: 'fifo' } } });
      return original(self, []);
    }),
    noticed: /times: a quiet device waits/,
    seeds: [1],
    trial: () => ({
      scenario: scenarioOf({
        cost: {
          ...{ deviceMicros: 1, interruptMicros: 1, enqueueMicros: 1, responseMicros: 1, prefetchMicros: 0 },
          handlerMicros: { median: HANDLER_MICROS, p99: HANDLER_MICROS },
          storageMicros: { median: 0, p99: 0 },
          source: 'made up',
        },
        iopf: { generation: 'G1', order: 'fair', quantum: 1, window: 4 },
        workers: { processes: 1, servers: 2, groupsPerMessage: 1 },
        framesPerShard: 2 * pages,
        iommus: [{ priQueueEntries: 128 }],
        processes: [{ vmas }, { vmas }],
        devices: [{ credits: 64, workloads: [loud] }, { workloads: [quiet] }],
      }),
      judge: (run) => {
        const micros = quietMicros(run);
        if (micros < 8 * HANDLER_MICROS) return [];
        return [`times: a quiet device waits ${micros} us beside a loud one`];
      },
    }),
  });
});

describe('D15 a work message holds few groups', () => {
  const groupsPerMessage = 2;
  testRule('D15', {
    sabotage: 'all groups of a cycle go into one message',
    install: replacing<IommuUnit, [unknown, unknown, object], Promise<unknown>>(
      IommuUnit,
      'recover',
      (original) => (self, how) => {
        Object.assign(how[2], { groupsPerMessage: Infinity });
        return original(self, how);
      },
    ),
    noticed: /work: one worker has \d+ groups in one message/,
    seeds: [1],
    trial: () => ({
      scenario: scenarioOf({
        ...ample,
        cost: { ...slow, interruptMicros: 400 },
        workers: { processes: 4, servers: 1, groupsPerMessage },
      }),
      judge: ({ log }) =>
        log
          .filter(({ headers }) => headers.schema === iommuQueueSchema.name)
          .map(({ body }) => iommuQueueSchema.decode(body).length)
          .filter((groups) => groups > groupsPerMessage)
          .map((groups) => `work: one worker has ${groups} groups in one message`),
    }),
  });
});
