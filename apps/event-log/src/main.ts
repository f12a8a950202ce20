import { createRequire } from 'node:module';
import { type DoorContent, runService } from '@faultline/runtime';
import { EventLogModule } from './event-log.module';

/** Loaded where there is a door. */
const door = (): DoorContent => (createRequire(__filename)('./api') as { apiDoor: DoorContent }).apiDoor;

void runService('event-log', EventLogModule, door);
