import { UnitService } from '@faultline/runtime';
import { Module } from '@nestjs/common';
import { IopfWorkerService } from './iopf-worker.service';

@Module({ providers: [IopfWorkerService, { provide: UnitService, useExisting: IopfWorkerService }] })
export class IopfWorkerModule {}
