import { UnitService } from '@faultline/runtime';
import { Module } from '@nestjs/common';
import { IommuController } from './iommu.controller';
import { IommuService } from './iommu.service';

@Module({
  controllers: [IommuController],
  providers: [IommuService, { provide: UnitService, useExisting: IommuService }],
})
export class IommuModule {}
