import type { DoorContent } from '@faultline/runtime';
import { ApiModule } from './api.module';
import { statusOfRecord } from './common/failures';
import { documentApi } from './openapi';

/** What the event log has behind its door: the API of its runs and its laboratory. */
export const apiDoor: DoorContent = {
  modules: [ApiModule],
  statusOf: statusOfRecord,
  prepare: documentApi,
};
