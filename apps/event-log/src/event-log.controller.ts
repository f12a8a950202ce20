import type { ControlVerbs } from '@faultline/contracts';
import type { RunSummary } from '@faultline/record';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { EventLogService, type RecordStatus } from './event-log.service';

/** Control plane of the record: how far it is, and what a run amounts to. */
@Controller()
export class EventLogController {
  constructor(private readonly service: EventLogService) {}

  @MessagePattern('event-log.status')
  status(): Promise<RecordStatus> {
    return this.service.status();
  }

  @MessagePattern('event-log.finish')
  finish(@Payload() { upToSequence }: ControlVerbs['event-log.finish']['request']): Promise<RunSummary> {
    return this.service.finish(upToSequence);
  }
}
