import type { ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { DeviceEmulatorService } from './device-emulator.service';

/** Control plane of the device segments: workloads start and stop, progress is told. */
@Controller()
export class DeviceEmulatorController {
  constructor(private readonly service: DeviceEmulatorService) {}

  @MessagePattern('device-emulator.start')
  begin(): ControlVerbs['device-emulator.start']['reply'] {
    this.service.begin();
    return {};
  }

  @MessagePattern('device-emulator.stop')
  halt(): ControlVerbs['device-emulator.stop']['reply'] {
    this.service.halt();
    return {};
  }

  @MessagePattern('device-emulator.progress')
  progress(): ControlVerbs['device-emulator.progress']['reply'] {
    return this.service.progress();
  }
}
