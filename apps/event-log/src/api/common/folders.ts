import { dirname, join, resolve } from 'node:path';
import type { ServiceConfig } from '@faultline/runtime';

type Folders = Pick<ServiceConfig, 'runsDirectory' | 'runDirectory' | 'studiesDirectory'>;

/** Where runs are kept; undefined for a service that was told of no folder. */
export function runsFolder({ runsDirectory, runDirectory }: Folders): string | undefined {
  if (runsDirectory !== undefined) return resolve(runsDirectory);
  return runDirectory === undefined ? undefined : dirname(resolve(runDirectory));
}

/** Where studies are kept: where it was said, else beside the runs. */
export function studiesFolder(config: Folders): string {
  return resolve(config.studiesDirectory ?? join(dirname(runsFolder(config) ?? resolve('runs')), 'studies'));
}
