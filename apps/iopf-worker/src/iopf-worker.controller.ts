import type { ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { IopfWorkerService } from './iopf-worker.service';

type Redrive = ControlVerbs['iopf-worker.redrive'];

/** All workers share these questions: each goes to one of them. */
const ANY_WORKER = { queue: 'iopf-worker' };

/** Control plane of the workers: what an operator asks of them. They are all alike, so that any one of them may answer. */
@Controller()
export class IopfWorkerController {
  constructor(private readonly service: IopfWorkerService) {}

  @MessagePattern('iopf-worker.redrive', ANY_WORKER)
  redrive(@Payload() { subject, sequence }: Redrive['request']): Promise<Redrive['reply']> {
    return this.service.redrive(subject, sequence);
  }
}
