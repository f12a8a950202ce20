import { runService } from '@faultline/runtime';
import { MmHandlerModule } from './mm-handler.module';

void runService('mm-handler', MmHandlerModule);
