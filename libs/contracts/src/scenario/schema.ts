import { IOMMU_PROFILE_NAMES, MAX_PASID } from '@faultline/domain';
import { z } from 'zod';
import { profileSchema } from './profile-schema';
import { count, microsOrNone, name, pageNumber, permissions, positive } from './schema-parts';
import { timelineStep } from './timeline-schema';

/** The scenario file: what a user writes. Every field has its unit in its name and a default where one makes sense. */

/** Most IOMMUs of one laboratory, copies included. */
export const MAX_IOMMUS = 1024;

const powerOfTwo = positive.refine(
  (entries) => entries >= 2 && Number.isInteger(Math.log2(entries)),
  'a power of two, at least 2 (R41)',
);
/** Pages of an aligned window or block. */
const window = positive
  .max(512)
  .refine((pages) => Number.isInteger(Math.log2(pages)), 'a power of two, or 1 for none');
/** A span of model time, or `off`. */
const micros = z.number().positive();

const copies = positive
  .max(100_000)
  .optional()
  .describe('so many of them, named with -0, -1, ... behind the name; absent: the one of that name');

const vma = z.strictObject({
  startPage: pageNumber.describe('first page of the area, as a page number (address / 4096)'),
  pages: positive.describe('length in pages'),
  permissions: permissions.default('rw').describe('what a device may do: letters r, w, x'),
  backing: z
    .enum(['anonymous', 'file-shared', 'file-private'])
    .default('anonymous')
    .describe(
      'demand zero, a file whose pages are shared, or a file whose pages are copied on the first write',
    ),
  file: count.default(0).describe('file number, for file-backed areas'),
  filePage: count.default(0).describe('page of the file shown at startPage'),
});

const process = z.strictObject({
  name: name.describe('a name of its own'),
  count: copies,
  pasid: z
    .int()
    .min(1)
    .max(MAX_PASID)
    .optional()
    .describe('assigned from 1 when absent; two processes may have the same one if one follows the other'),
  vmas: z
    .union([z.literal('from-workloads'), z.array(vma).min(1)])
    .default('from-workloads')
    .describe(
      "areas of the address space; 'from-workloads' maps what the devices' workloads and traces touch",
    ),
  populate: z
    .boolean()
    .default(false)
    .describe(
      'whether the pages of its areas are there before it begins, as far as frames are free (MAP_POPULATE): private areas that may be written as after a write, others as after a read; files are in the page cache then, for all processes that show them',
    ),
});

const accessMix = z
  .strictObject({
    read: count.default(70).describe('weight'),
    write: count.default(30).describe('weight'),
    execute: count.default(0).describe('weight'),
  })
  .refine((mix) => mix.read + mix.write + mix.execute > 0, 'at least one weight above 0');

const pacing = {
  outstanding: positive
    .max(65_536)
    .default(32)
    .describe('closed loop: accesses in flight at once; open loop: the most that may be'),
  ratePerSecond: z
    .number()
    .positive()
    .optional()
    .describe('open loop: accesses a second of model time; absent for a closed loop'),
  arrivals: z
    .enum(['constant', 'poisson'])
    .default('poisson')
    .describe('open loop: distance between intended starts'),
  accessMicros: microsOrNone
    .default(0)
    .describe(
      'model time that the device works with a page once its access has ended, before another access may take its place: what its link or engine allows is `outstanding` in this time',
    ),
};

const synthetic = z.strictObject({
  process: name.describe('whose address space it touches'),
  pattern: z
    .enum(['sequential', 'strided', 'uniform', 'zipf', 'pointer-chase'])
    .describe('in which order pages are touched'),
  accesses: positive.max(1_000_000_000).describe('how many it issues'),
  startPage: pageNumber.default(0x10000).describe('first page, as a page number (address / 4096)'),
  pages: positive.default(4096).describe('pages the pattern walks over'),
  pagesApart: count
    .default(0)
    .describe("for a device with a count: how many pages behind a copy's first page the next copy's is"),
  stridePages: positive.default(16).describe('for strided'),
  exponent: z.number().positive().max(10).default(0.99).describe('for zipf'),
  mix: accessMix.default({ read: 70, write: 30, execute: 0 }).describe('shares of the kinds of access'),
  ...pacing,
});

const trace = z.strictObject({
  process: name.describe('whose address space it touches'),
  trace: z.string().min(1).describe('file, relative to the scenario file; plain or gzipped'),
  format: z
    .enum(['auto', 'lackey', 'prq', 'perf', 'csv'])
    .default('auto')
    .describe('auto: told by the first lines'),
  limit: positive.optional().describe('at most this many accesses'),
  ...pacing,
});

const device = z.strictObject({
  name: name.describe('a name of its own'),
  count: copies.describe(
    'so many of them, named with -0, -1, ... behind the name; where the IOMMU or a process they name has a count as well, each copy gets the one with its own number, in turns',
  ),
  iommu: name.describe('the IOMMU it is behind'),
  credits: positive.max(65_535).default(32).describe('outstanding page requests the device may have (R10)'),
  atcEntries: count.max(1_048_576).default(64).describe('entries of the device translation cache'),
  pagesPerGroup: positive.max(512).default(1).describe('most page requests in one group'),
  responsePasidRequired: z.boolean().default(true).describe('PRG Response PASID Required (R13)'),
  responseTimeoutMicros: z
    .union([z.literal('off'), micros])
    .default(10_000_000)
    .describe(
      'model time after which a group that nobody answered is answered Invalid, and not less wall time than for `deadlines`; off: never',
    ),
  handler: z
    .boolean()
    .default(true)
    .describe('false: no fault handler is registered for it, so each of its faults is refused at once (R78)'),
  onFault: z
    .enum(['wait', 'drop'])
    .default('wait')
    .describe(
      'wait: an access that faulted goes on with the response; drop: the device cannot hold it, reports the fault, and comes again when its timer fires (only behind a `pri` IOMMU)',
    ),
  retryMicros: z
    .number()
    .positive()
    .default(200_000)
    .describe(
      'for drop: model time from the first drop of an access until it comes again, doubled with each further drop; as the least retransmission timeout of TCP in Linux',
    ),
  retryMaxMicros: z
    .number()
    .positive()
    .default(120_000_000)
    .describe('for drop: the longest such time; as the longest retransmission timeout of TCP in Linux'),
  workloads: z
    .array(z.union([synthetic, trace]))
    .min(1)
    .describe('what it does: all of them side by side, each with its own accesses in flight'),
});

const iommu = z.strictObject({
  name: name.describe('a name of its own'),
  count: copies,
  model: z
    .enum(['pri', 'stall'])
    .describe('pri: its devices hold their work and ask again; stall: it holds and retries accesses itself'),
  profile: z
    .enum(IOMMU_PROFILE_NAMES)
    .default('riscv')
    .describe(
      'whose choices it makes where the specifications leave one; the driver of vtd refuses execution together with reading (R73), the driver of smmu serves stalls only (R76)',
    ),
  priQueueEntries: powerOfTwo
    .default(512)
    .describe('slots of the page request ring, a power of two; it holds one record less (R41)'),
  eventQueueEntries: powerOfTwo
    .default(512)
    .describe('slots of the event queue that stalls are recorded in, a power of two'),
  iotlbEntries: positive.default(1024).describe('translations it caches'),
});

export const scenarioSchema = z.strictObject({
  name: name.describe('shown in results'),
  seed: z.int().nonnegative().default(1).describe('the same seed gives the same accesses'),
  profile: profileSchema
    .default('pri-minor')
    .describe(
      'what the stages of a fault cost in the modelled hardware: a name of the [profiles](profiles.md), or the stages themselves',
    ),
  timeScale: z
    .union([z.literal('auto'), z.number().positive()])
    .default('auto')
    .describe('wall time of a model microsecond; auto: modelled cost is ten times the software cost'),
  queues: z
    .string()
    .regex(
      /^(global|per-iommu|per-fault-queue|per-domain|hash:[1-9][0-9]{0,3})$/,
      'global, per-iommu, per-fault-queue, per-domain or hash:N',
    )
    .default('per-iommu')
    .describe(
      'which IOPF queue a group goes to: one for all, one for each IOMMU, for each PRI and event queue, for each address space, or for each of N sets of devices',
    ),
  workers: z
    .strictObject({
      processes: positive
        .max(1_024)
        .default(2)
        .describe('worker processes; a run of services takes at most 64, a simulation more'),
      servers: positive.max(4096).default(16).describe('groups one worker handles at once'),
      groupsPerMessage: positive
        .max(1024)
        .optional()
        .describe(
          'most groups in one work message (D15); when absent 16 for a profile without cost, and 1 where anything is charged: a worker holds messages, and a server is to sleep only when its queue is empty',
        ),
      wakeMicros: microsOrNone.default(0).describe('model time to wake a server that slept for a group'),
      switchMicros: microsOrNone
        .default(0)
        .describe('model time of a server from one group to the next, when it does not sleep between them'),
      queueLockMicros: microsOrNone
        .default(0)
        .describe(
          'model time that taking a group off its IOPF queue holds the lock of the queue; the servers of a worker process take it one after the other',
        ),
      queueLockBounceMicros: microsOrNone
        .default(0)
        .describe('how much longer each server that waits for that lock makes its hand-over'),
    })
    .default({
      ...{ processes: 2, servers: 16 },
      ...{ wakeMicros: 0, switchMicros: 0, queueLockMicros: 0, queueLockBounceMicros: 0 },
    })
    .describe('who drains the IOPF queues'),
  iopf: z
    .strictObject({
      generation: z
        .enum(['g1', 'g2'])
        .default('g1')
        .describe(
          'the I/O page fault layer of 2021 with registered handlers, or the current one with domains',
        ),
      order: z
        .enum(['fifo', 'fair'])
        .default('fifo')
        .describe('closed groups go to workers as they come, or the devices of a queue take turns (D14)'),
      quantum: positive.max(65_535).default(8).describe('for fair: page requests a device may have a turn'),
      window: positive
        .max(65_535)
        .default(64)
        .describe('for fair: most groups of a queue that workers have at once'),
    })
    .default({ generation: 'g1', order: 'fifo', quantum: 8, window: 64 })
    .describe('the I/O page fault layer'),
  replicas: z
    .strictObject({
      deviceEmulators: positive
        .max(64)
        .default(1)
        .describe('share the device segments, of which each IOMMU has one'),
      iommus: positive.max(64).default(1).describe('share the IOMMUs'),
      mmHandlers: positive.max(64).default(1).describe('share the mm shards'),
    })
    .default({ deviceEmulators: 1, iommus: 1, mmHandlers: 1 })
    .describe(
      'processes of the services that share units out among themselves, where a run starts its own; those that find no unit left stand by',
    ),
  deadlines: z
    .strictObject({
      teardownStepMicros: z
        .union([z.enum(['auto', 'off']), micros])
        .default('auto')
        .describe('model time for each step of a teardown before force is used; auto: 500 faults'),
      invalidationMicros: z
        .union([z.enum(['auto', 'off']), micros])
        .default('auto')
        .describe('model time a device has to complete an invalidation before it is reset; auto: 100 faults'),
    })
    .default({ teardownStepMicros: 'auto', invalidationMicros: 'auto' })
    .describe(
      'how long software waits for hardware; at least 2 s of wall time in a run, and in a simulation with losses or failures, however short it is written',
    ),
  mm: z
    .strictObject({
      shards: positive.max(64).default(1).describe('address spaces are spread over shards by PASID (D7)'),
      framesPerShard: positive
        .max(2 ** 28 - 1)
        .default(65_536)
        .describe('physical memory of a shard, in frames of 4 KiB'),
      swapPages: count
        .optional()
        .describe('pages the swap space of a shard holds; without limit when absent'),
      reclaim: z
        .enum(['lru', 'clock'])
        .default('lru')
        .describe('which page is taken: the one whose last fault is longest ago, or second chance'),
      faultAround: window
        .default(1)
        .describe(
          'pages of the window around a read fault that are mapped with it if that costs no frame, a power of two; 1 for none',
        ),
      premap: window
        .default(1)
        .describe(
          'pages of the block around a fault that are installed with it while frames are free, a power of two; 1 for none',
        ),
      lockMicros: microsOrNone
        .default(0)
        .describe(
          'model time of the handling of a member that holds the lock of its address space; a handling that is shorter takes so long',
        ),
      lockBounceMicros: microsOrNone
        .default(0)
        .describe('how much longer each handler that waits for that lock makes its hand-over'),
    })
    .default({
      ...{ shards: 1, framesPerShard: 65_536, reclaim: 'lru', faultAround: 1, premap: 1 },
      ...{ lockMicros: 0, lockBounceMicros: 0 },
    })
    .describe('the memory behind the devices'),
  iommus: z.array(iommu).min(1).max(MAX_IOMMUS).describe('at least one'),
  processes: z.array(process).min(1).describe('address spaces, each with a PASID'),
  devices: z.array(device).min(1).describe('at least one'),
  timeline: z
    .array(timelineStep)
    .default([])
    .describe('what happens to processes and devices while they run, one step after the other'),
});

export type ScenarioWorkload = z.infer<typeof scenarioSchema>['devices'][number]['workloads'][number];
