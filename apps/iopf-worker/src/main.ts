import { runService } from '@faultline/runtime';
import { IopfWorkerModule } from './iopf-worker.module';

void runService('iopf-worker', IopfWorkerModule);
