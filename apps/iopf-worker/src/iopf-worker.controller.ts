import type { ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { IopfWorkerService } from './iopf-worker.service';

type Redrive = ControlVerbs['iopf-worker.redrive'];

/** Control plane of the workers: what an operator asks of them. Every worker answers, and the first answer counts. */
@Controller()
export class IopfWorkerController {
  constructor(private readonly service: IopfWorkerService) {}

  @MessagePattern('iopf-worker.redrive')
  redrive(@Payload() { subject, sequence }: Redrive['request']): Promise<Redrive['reply']> {
    return this.service.redrive(subject, sequence);
  }
}
