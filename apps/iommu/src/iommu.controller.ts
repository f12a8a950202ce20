import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Asked, Told } from '@faultline/units';
import { IommuService } from './iommu.service';

/** Control plane of the IOMMUs: devices come and go, PASIDs are bound and torn down, progress is told. */
@Controller()
export class IommuController {
  constructor(private readonly service: IommuService) {}

  @MessagePattern('iommu.attach')
  attach(@Payload() request: Asked<'iommu.attach'>): Told<'iommu.attach'> {
    return this.service.answer('iommu.attach', request);
  }

  @MessagePattern('iommu.bind')
  bind(@Payload() request: Asked<'iommu.bind'>): Told<'iommu.bind'> {
    return this.service.answer('iommu.bind', request);
  }

  @MessagePattern('iommu.unbind')
  unbind(@Payload() request: Asked<'iommu.unbind'>): Told<'iommu.unbind'> {
    return this.service.answer('iommu.unbind', request);
  }

  @MessagePattern('iommu.remove')
  remove(@Payload() request: Asked<'iommu.remove'>): Told<'iommu.remove'> {
    return this.service.answer('iommu.remove', request);
  }

  @MessagePattern('iommu.detach')
  detach(@Payload() request: Asked<'iommu.detach'>): Told<'iommu.detach'> {
    return this.service.answer('iommu.detach', request);
  }

  @MessagePattern('iommu.reset')
  reset(@Payload() request: Asked<'iommu.reset'>): Told<'iommu.reset'> {
    return this.service.answer('iommu.reset', request);
  }

  @MessagePattern('iommu.replace')
  replace(@Payload() request: Asked<'iommu.replace'>): Told<'iommu.replace'> {
    return this.service.answer('iommu.replace', request);
  }

  @MessagePattern('iommu.free-queue')
  freeQueue(@Payload() request: Asked<'iommu.free-queue'>): Told<'iommu.free-queue'> {
    return this.service.answer('iommu.free-queue', request);
  }

  @MessagePattern('iommu.alloc-queue')
  allocQueue(@Payload() request: Asked<'iommu.alloc-queue'>): Told<'iommu.alloc-queue'> {
    return this.service.answer('iommu.alloc-queue', request);
  }

  @MessagePattern('iommu.progress')
  progress(@Payload() request: Asked<'iommu.progress'>): Told<'iommu.progress'> {
    return this.service.answer('iommu.progress', request);
  }
}
