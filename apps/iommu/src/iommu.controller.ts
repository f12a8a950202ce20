import type { Addressed, ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { IommuService } from './iommu.service';

type Request<Verb extends keyof ControlVerbs> = ControlVerbs[Verb]['request'];
type Reply<Verb extends keyof ControlVerbs> = Promise<ControlVerbs[Verb]['reply']>;

/** Control plane of the IOMMUs: devices come and go, PASIDs are bound and torn down, progress is told. */
@Controller()
export class IommuController {
  constructor(private readonly service: IommuService) {}

  @MessagePattern('iommu.attach')
  async attach(@Payload() { device }: Request<'iommu.attach'>): Reply<'iommu.attach'> {
    await this.service.attach(device);
    return {};
  }

  @MessagePattern('iommu.bind')
  async bind(@Payload() binding: Request<'iommu.bind'>): Reply<'iommu.bind'> {
    await this.service.bind(binding);
    return {};
  }

  @MessagePattern('iommu.unbind')
  unbind(@Payload() { device, pasid }: Request<'iommu.unbind'>): Reply<'iommu.unbind'> {
    return this.service.unbind(device, pasid);
  }

  @MessagePattern('iommu.remove')
  remove(@Payload() { device }: Request<'iommu.remove'>): Reply<'iommu.remove'> {
    return this.service.remove(device);
  }

  @MessagePattern('iommu.detach')
  async detach(@Payload() { device }: Request<'iommu.detach'>): Reply<'iommu.detach'> {
    await this.service.detach(device);
    return {};
  }

  @MessagePattern('iommu.reset')
  async reset(@Payload() { device }: Request<'iommu.reset'>): Reply<'iommu.reset'> {
    await this.service.reset(device);
    return {};
  }

  @MessagePattern('iommu.replace')
  async replace(@Payload() binding: Request<'iommu.replace'>): Reply<'iommu.replace'> {
    await this.service.replace(binding);
    return {};
  }

  @MessagePattern('iommu.free-queue')
  async freeQueue(@Payload() { iommu }: Request<'iommu.free-queue'>): Reply<'iommu.free-queue'> {
    await this.service.freeQueue(iommu);
    return {};
  }

  @MessagePattern('iommu.alloc-queue')
  async allocQueue(@Payload() { iommu }: Request<'iommu.alloc-queue'>): Reply<'iommu.alloc-queue'> {
    await this.service.allocQueue(iommu);
    return {};
  }

  @MessagePattern('iommu.progress')
  progress(@Payload() { unit }: Addressed): ControlVerbs['iommu.progress']['reply'] {
    return this.service.progress(unit);
  }
}
