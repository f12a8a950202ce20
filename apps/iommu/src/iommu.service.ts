import { ServicePorts, UnitOwnerService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';

/** The IOMMUs of this instance. */
@Injectable()
export class IommuService extends UnitOwnerService {
  constructor(ports: ServicePorts) {
    super('iommu', ports);
  }
}
