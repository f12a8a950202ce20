import { runService } from '@faultline/runtime';
import { EventLogModule } from './event-log.module';

void runService('event-log', EventLogModule);
