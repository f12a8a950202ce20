import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Asked, Told } from '@faultline/units';
import { MmHandlerService } from './mm-handler.service';

/**
 * Control plane of the mm shards: what an operating system does to address spaces. What takes something away is answered when its
 * invalidations are complete and the log says so (R122).
 */
@Controller()
export class MmHandlerController {
  constructor(private readonly service: MmHandlerService) {}

  @MessagePattern('mm-handler.create')
  create(@Payload() request: Asked<'mm-handler.create'>): Told<'mm-handler.create'> {
    return this.service.answer('mm-handler.create', request);
  }

  @MessagePattern('mm-handler.bind')
  bind(@Payload() request: Asked<'mm-handler.bind'>): Told<'mm-handler.bind'> {
    return this.service.answer('mm-handler.bind', request);
  }

  @MessagePattern('mm-handler.rebind')
  rebind(@Payload() request: Asked<'mm-handler.rebind'>): Told<'mm-handler.rebind'> {
    return this.service.answer('mm-handler.rebind', request);
  }

  @MessagePattern('mm-handler.unbind')
  unbind(@Payload() request: Asked<'mm-handler.unbind'>): Told<'mm-handler.unbind'> {
    return this.service.answer('mm-handler.unbind', request);
  }

  @MessagePattern('mm-handler.exit')
  exit(@Payload() request: Asked<'mm-handler.exit'>): Told<'mm-handler.exit'> {
    return this.service.answer('mm-handler.exit', request);
  }

  @MessagePattern('mm-handler.unmap')
  unmap(@Payload() request: Asked<'mm-handler.unmap'>): Told<'mm-handler.unmap'> {
    return this.service.answer('mm-handler.unmap', request);
  }

  @MessagePattern('mm-handler.protect')
  protect(@Payload() request: Asked<'mm-handler.protect'>): Told<'mm-handler.protect'> {
    return this.service.answer('mm-handler.protect', request);
  }

  @MessagePattern('mm-handler.migrate')
  migrate(@Payload() request: Asked<'mm-handler.migrate'>): Told<'mm-handler.migrate'> {
    return this.service.answer('mm-handler.migrate', request);
  }

  @MessagePattern('mm-handler.reclaim')
  reclaim(@Payload() request: Asked<'mm-handler.reclaim'>): Told<'mm-handler.reclaim'> {
    return this.service.answer('mm-handler.reclaim', request);
  }

  @MessagePattern('mm-handler.progress')
  progress(@Payload() request: Asked<'mm-handler.progress'>): Told<'mm-handler.progress'> {
    return this.service.answer('mm-handler.progress', request);
  }
}
