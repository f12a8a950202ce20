import { IOMMU_STATE_VERSION, MM_STATE_VERSION, SEGMENT_STATE_VERSION } from '@faultline/domain';
import type { Schema } from './codec';
import * as schemas from './schemas';
import { FAULTLINE_VERSION } from './version';

/** Kinds of units, as the first part of their names has them. */
export type UnitKind = 'iommu' | 'mm' | 'segment';

/** What a release of Faultline writes, and so the least that every release after it reads. */
export interface Format {
  release: string;
  /** By name of the schema, the version of its records, in the log and on the lanes. */
  schemas: Readonly<Record<string, number>>;
  /** By kind of unit, the version of the state that its snapshots hold. */
  states: Readonly<Record<UnitKind, number>>;
}

/**
 * Every release that wrote something else than the one before, the oldest first. While instances of two releases serve one laboratory,
 * all are told to write the older one's format (`FAULTLINE_FORMAT`); when the last instance of it is gone, the newer one's.
 */
export const FORMATS: readonly Format[] = [
  {
    release: '0.1.0',
    schemas: {
      'iommu.queue': 1,
      'iommu.hw': 1,
      iopf: 1,
      mm: 1,
      segment: 1,
      lab: 1,
      'cmd.translate': 1,
      'cmd.page-request': 1,
      'cmd.handle': 1,
      'cmd.invalidate': 1,
      'cmd.stop': 1,
    },
    states: { iommu: 1, mm: 1, segment: 1 },
  },
];

/** The newest format: what this version writes unless it is told otherwise. */
export const NEWEST_FORMAT: Format = {
  release: FORMATS.at(-1)?.release ?? '',
  schemas: Object.fromEntries(allSchemas().map(({ name, newest }) => [name, newest])),
  states: { iommu: IOMMU_STATE_VERSION, mm: MM_STATE_VERSION, segment: SEGMENT_STATE_VERSION },
};

/** Oldest release whose format can be written. */
export const OLDEST_FORMAT = FORMATS[0]?.release ?? '';

/** What a release writes: its own format, or that of the last one before it that wrote something new. `undefined` for one that is newer. */
export function formatOf(
  release: string,
  { formats = FORMATS, version = FAULTLINE_VERSION } = {},
): Format | undefined {
  if (!/^\d+\.\d+\.\d+$/.test(release) || byRelease.compare(release, version) > 0) return undefined;
  return formats.findLast((each) => byRelease.compare(each.release, release) <= 0);
}

/** Compares releases, number by number. */
const byRelease = new Intl.Collator('en', { numeric: true });

/** Makes every schema of this process write in the format. Throws when a schema has no way down to it. */
export function writeFormat(format: Format): void {
  for (const schema of allSchemas()) schema.writeAs(format.schemas[schema.name] ?? schema.newest);
}

function allSchemas(): Schema<never>[] {
  return [
    schemas.iommuQueueSchema,
    schemas.iommuHwSchema,
    schemas.iopfSchema,
    schemas.mmSchema,
    schemas.segmentSchema,
    schemas.labSchema,
    schemas.translateSchema,
    schemas.pageRequestSchema,
    schemas.handleSchema,
    schemas.invalidateSchema,
    schemas.stopSchema,
  ] as unknown as Schema<never>[];
}
