import { ServicePorts, TraceFeed, UnitOwnerService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';

/** The device segments of this instance. */
@Injectable()
export class DeviceEmulatorService extends UnitOwnerService {
  constructor(ports: ServicePorts) {
    super('device-emulator', ports, (...how) => new TraceFeed(...how));
  }
}
