import type { ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DeviceEmulatorService } from './device-emulator.service';

/** Control plane of the device segments: workloads start and stop, devices hang and vanish, progress is told. */
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

  @MessagePattern('device-emulator.start-process')
  async startProcess(
    @Payload() { mm }: ControlVerbs['device-emulator.start-process']['request'],
  ): Promise<ControlVerbs['device-emulator.start-process']['reply']> {
    await this.service.startProcess(mm);
    return {};
  }

  @MessagePattern('device-emulator.hang')
  async hang(
    @Payload() { device }: ControlVerbs['device-emulator.hang']['request'],
  ): Promise<ControlVerbs['device-emulator.hang']['reply']> {
    await this.service.hang(device);
    return {};
  }

  @MessagePattern('device-emulator.remove')
  async remove(
    @Payload() { device }: ControlVerbs['device-emulator.remove']['request'],
  ): Promise<ControlVerbs['device-emulator.remove']['reply']> {
    await this.service.remove(device);
    return {};
  }

  @MessagePattern('device-emulator.progress')
  progress(): ControlVerbs['device-emulator.progress']['reply'] {
    return this.service.progress();
  }
}
