import { z } from 'zod';
import { name, pageNumber, permissions, positive } from './schema-parts';

/** The timeline of the scenario file: steps, each with exactly one action. */

const range = {
  process: name.describe('whose address space'),
  startPage: pageNumber.describe('first page, as a page number (address / 4096)'),
  pages: positive.describe('how many'),
};

const after = z
  .strictObject({
    accesses: positive.optional().describe('so many accesses have ended, over all devices'),
    micros: z
      .number()
      .positive()
      .optional()
      .describe('so much model time has passed since the devices started'),
  })
  .refine((when) => when.accesses !== undefined || when.micros !== undefined, 'accesses, micros or both');

const actions = {
  start: name.describe('a process: its address space is made, its PASID bound, its workloads begin (R91)'),
  exit: name.describe('a process ends; its PASID stays bound until unbind (R101)'),
  unbind: name.describe('a process: its PASID is torn down at every device (R95), and is free again'),
  unmap: z.strictObject(range).describe('pages leave the address space (munmap)'),
  protect: z
    .strictObject({ ...range, permissions: permissions.describe('what devices may do from now on') })
    .describe('pages get other permissions (mprotect)'),
  migrate: z.strictObject(range).describe('pages move to other frames'),
  reclaim: z
    .strictObject({
      shard: z.int().nonnegative().default(0).describe('whose memory'),
      pages: positive.describe('how many pages are taken'),
    })
    .describe('memory pressure by hand'),
  removeDevice: name.describe('a device: all its PASIDs are torn down, then it is detached (R103)'),
  surpriseRemove: name.describe('a device: it is gone at once, with everything it had under way (R104)'),
  hangDevice: name.describe('a device: it does nothing and answers nothing until it is reset'),
  resetDevice: name.describe('a device: it is reset, and issues its unfinished accesses again'),
  removeQueue: name.describe('an IOMMU: its IOPF queues are freed; faults are refused meanwhile'),
  addQueue: name.describe('an IOMMU: its IOPF queues are there again'),
  replaceDomain: z
    .strictObject({
      device: name.describe('a device that uses the PASID; others that do change with it'),
      process: name.describe('whose PASID it is'),
      by: name.describe('the process that the PASID names from now on; it starts with this step'),
    })
    .describe('the PASID names another address space at once; open groups of the old one end Invalid (R105)'),
};

export type ActionKey = keyof typeof actions;
export const actionKeys = Object.keys(actions) as ActionKey[];

const optionalActions = Object.fromEntries(
  Object.entries(actions).map(([key, schema]) => [key, schema.optional()]),
) as { [K in ActionKey]: z.ZodOptional<(typeof actions)[K]> };

export const timelineStep = z
  .strictObject({
    after: after.optional().describe('waits for this; without it the step follows the one before'),
    ...optionalActions,
  })
  .refine(
    (step) => actionKeys.filter((key) => step[key] !== undefined).length === 1,
    `exactly one of ${actionKeys.join(', ')}`,
  );

/** A step as written: one of the actions is there. */
export type ScenarioStep = z.infer<typeof timelineStep>;
