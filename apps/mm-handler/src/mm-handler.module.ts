import { UnitService } from '@faultline/runtime';
import { Module } from '@nestjs/common';
import { MmHandlerController } from './mm-handler.controller';
import { MmHandlerService } from './mm-handler.service';

@Module({
  controllers: [MmHandlerController],
  providers: [MmHandlerService, { provide: UnitService, useExisting: MmHandlerService }],
})
export class MmHandlerModule {}
