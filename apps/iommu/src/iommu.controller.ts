import type { ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { IommuService } from './iommu.service';

type Attach = ControlVerbs['iommu.attach'];
type Bind = ControlVerbs['iommu.bind'];

/** Control plane of the IOMMUs: devices come, PASIDs are bound, progress is told. */
@Controller()
export class IommuController {
  constructor(private readonly service: IommuService) {}

  @MessagePattern('iommu.attach')
  async attach(@Payload() { device }: Attach['request']): Promise<Attach['reply']> {
    await this.service.attach(device);
    return {};
  }

  @MessagePattern('iommu.bind')
  async bind(@Payload() binding: Bind['request']): Promise<Bind['reply']> {
    await this.service.bind(binding);
    return {};
  }

  @MessagePattern('iommu.progress')
  progress(): ControlVerbs['iommu.progress']['reply'] {
    return this.service.progress();
  }
}
