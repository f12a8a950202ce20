import type { ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { MmHandlerService } from './mm-handler.service';

type Create = ControlVerbs['mm-handler.create'];
type Bind = ControlVerbs['mm-handler.bind'];

/** Control plane of the mm shards: address spaces are made and get their PASID. */
@Controller()
export class MmHandlerController {
  constructor(private readonly service: MmHandlerService) {}

  @MessagePattern('mm-handler.create')
  create(@Payload() process: Create['request']): Promise<Create['reply']> {
    return this.service.create(process);
  }

  @MessagePattern('mm-handler.bind')
  bind(@Payload() { mm, pasid }: Bind['request']): Promise<Bind['reply']> {
    return this.service.bind(mm, pasid);
  }

  @MessagePattern('mm-handler.progress')
  progress(): ControlVerbs['mm-handler.progress']['reply'] {
    return this.service.progress();
  }
}
