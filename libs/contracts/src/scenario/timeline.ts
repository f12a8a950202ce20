import type { Permissions } from '@faultline/domain';

/** When a step happens: at the earliest after the step before it, and when every condition it has holds. */
export interface StepCondition {
  /** So many accesses have ended, over all devices. */
  accesses?: number;
  /** So many model microseconds have passed since the devices started. */
  micros?: number;
}

/** A step of the timeline. */
export interface ResolvedStep {
  after?: StepCondition;
  do: StepAction;
}

interface OfProcess {
  /** Its name, for people. */
  process: string;
  mm: number;
  pasid: number;
}

interface OfPages extends OfProcess {
  startPage: number;
  pages: number;
}

interface OfDevice {
  /** Its name, for people. */
  name: string;
  device: number;
}

interface OfQueue {
  /** Name of the IOMMU whose IOPF queue it is, for people. */
  name: string;
  iommu: number;
}

/** What a step does; names became numbers. */
export type StepAction =
  | ({ action: 'start' } & OfProcess)
  | ({ action: 'exit' } & OfProcess)
  | ({ action: 'unbind' } & OfProcess)
  | ({ action: 'unmap' } & OfPages)
  | ({ action: 'protect'; permissions: Permissions } & OfPages)
  | ({ action: 'migrate' } & OfPages)
  | { action: 'reclaim'; shard: number; pages: number }
  | ({ action: 'remove-device' } & OfDevice)
  | ({ action: 'surprise-remove' } & OfDevice)
  | ({ action: 'hang-device' } & OfDevice)
  | ({ action: 'reset-device' } & OfDevice)
  | ({ action: 'remove-queue' } & OfQueue)
  | ({ action: 'add-queue' } & OfQueue)
  /** `by` and `byMm` name the process that takes the PASID over (R105). */
  | ({ action: 'replace-domain'; by: string; byMm: number } & OfProcess & OfDevice);

export type StepActionName = StepAction['action'];
