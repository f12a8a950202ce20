import { runDoor } from '@faultline/runtime';
import { apiDoor } from './api';

/** The API over the runs of a folder, without a laboratory: for looking at what is over. */
void runDoor('event-log', () => apiDoor);
