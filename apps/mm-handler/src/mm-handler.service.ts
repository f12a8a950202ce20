import { ServicePorts, UnitOwnerService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';

/** The mm shards of this instance. */
@Injectable()
export class MmHandlerService extends UnitOwnerService {
  constructor(ports: ServicePorts) {
    super('mm-handler', ports);
  }
}
