import { createRequire } from 'node:module';
import type { CurrentEngagement } from '../current-engagement';
import type { HttpConfig } from './address';
import type { DoorContent } from './content';
import type { HttpDoor } from './door';

const load = createRequire(__filename);

/**
 * Opens a door. What it is made of is loaded only where there is one: it takes as long as the rest of a service. Rejects with
 * `DoorNotOpened`.
 */
export function openDoor(
  http: HttpConfig,
  current: CurrentEngagement,
  content: DoorContent,
): Promise<HttpDoor> {
  const loaded = load('./door') as { HttpDoor: typeof HttpDoor };
  return loaded.HttpDoor.open(http, current, content);
}
