// What the scenario of a run calls the things that events have numbers for.

/**
 * @typedef {object} Scenario what the console reads of it
 * @property {string} name
 * @property {number} timeScale
 * @property {{ device: number, name: string, iommu: number, segment: number }[]} devices
 * @property {{ iommu: number, name: string, model: string, priQueueEntries: number, eventQueueEntries: number }[]} iommus
 * @property {{ mm: number, name: string, pasid: number, shard: number }[]} processes
 * @property {{ shard: number, frames: number }[]} shards
 * @property {{ processes: number, servers: number }} workers
 */

/** The scenario of a run, if its log has one. @param {import('./main.js').RunDetail | null} detail */
export const scenarioOf = (detail) =>
  /** @type {Scenario | null} */ (/** @type {unknown} */ (detail?.scenarioAsRun ?? null));

/** @param {Scenario | null} scenario @param {number} device */
export const deviceName = (scenario, device) =>
  scenario?.devices.find((each) => each.device === device)?.name ?? `device ${device}`;

/** @param {Scenario | null} scenario @param {number} iommu */
export const iommuName = (scenario, iommu) =>
  scenario?.iommus.find((each) => each.iommu === iommu)?.name ?? `IOMMU ${iommu}`;

/** The processes that have had a PASID: it may have been given to several, one after the other. @param {Scenario | null} scenario @param {number} pasid */
export const processesOf = (scenario, pasid) =>
  (scenario?.processes ?? []).filter((each) => each.pasid === pasid);

/** @param {number} pasid */
export const pasidWords = (pasid) => (pasid < 0 ? 'no PASID' : `PASID ${pasid}`);
