import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Asked, Told } from '@faultline/units';
import { DeviceEmulatorService } from './device-emulator.service';

/** Control plane of the device segments: workloads start and stop, devices hang and vanish, progress is told. */
@Controller()
export class DeviceEmulatorController {
  constructor(private readonly service: DeviceEmulatorService) {}

  @MessagePattern('device-emulator.start')
  begin(@Payload() request: Asked<'device-emulator.start'>): Told<'device-emulator.start'> {
    return this.service.answer('device-emulator.start', request);
  }

  @MessagePattern('device-emulator.stop')
  halt(@Payload() request: Asked<'device-emulator.stop'>): Told<'device-emulator.stop'> {
    return this.service.answer('device-emulator.stop', request);
  }

  @MessagePattern('device-emulator.start-process')
  startProcess(
    @Payload() request: Asked<'device-emulator.start-process'>,
  ): Told<'device-emulator.start-process'> {
    return this.service.answer('device-emulator.start-process', request);
  }

  @MessagePattern('device-emulator.hang')
  hang(@Payload() request: Asked<'device-emulator.hang'>): Told<'device-emulator.hang'> {
    return this.service.answer('device-emulator.hang', request);
  }

  @MessagePattern('device-emulator.remove')
  remove(@Payload() request: Asked<'device-emulator.remove'>): Told<'device-emulator.remove'> {
    return this.service.answer('device-emulator.remove', request);
  }

  @MessagePattern('device-emulator.progress')
  progress(@Payload() request: Asked<'device-emulator.progress'>): Told<'device-emulator.progress'> {
    return this.service.answer('device-emulator.progress', request);
  }
}
