import type { DoorContent } from '@faultline/runtime';
import { ConsoleModule } from '../console/console.module';
import { ApiModule } from './api.module';
import { statusOfRecord } from './common/failures';
import { documentApi } from './openapi';
import { StudiesModule } from './studies/studies.module';

/** What the event log has behind its door: the API of its runs and its laboratory, and the console that shows them. */
export const apiDoor: DoorContent = {
  modules: [ApiModule, StudiesModule, ConsoleModule],
  statusOf: statusOfRecord,
  prepare: documentApi,
};
