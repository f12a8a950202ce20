import { UnitService } from '@faultline/runtime';
import { Module } from '@nestjs/common';
import { IopfWorkerController } from './iopf-worker.controller';
import { IopfWorkerService } from './iopf-worker.service';

@Module({
  controllers: [IopfWorkerController],
  providers: [IopfWorkerService, { provide: UnitService, useExisting: IopfWorkerService }],
})
export class IopfWorkerModule {}
