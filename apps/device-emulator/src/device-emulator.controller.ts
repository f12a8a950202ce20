import type { Addressed, ControlVerbs } from '@faultline/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DeviceEmulatorService } from './device-emulator.service';

type Request<Verb extends keyof ControlVerbs> = ControlVerbs[Verb]['request'];
type Reply<Verb extends keyof ControlVerbs> = Promise<ControlVerbs[Verb]['reply']>;

/** Control plane of the device segments: workloads start and stop, devices hang and vanish, progress is told. */
@Controller()
export class DeviceEmulatorController {
  constructor(private readonly service: DeviceEmulatorService) {}

  @MessagePattern('device-emulator.start')
  async begin(@Payload() { unit }: Addressed): Reply<'device-emulator.start'> {
    await this.service.begin(unit);
    return {};
  }

  @MessagePattern('device-emulator.stop')
  async halt(@Payload() { unit }: Addressed): Reply<'device-emulator.stop'> {
    await this.service.halt(unit);
    return {};
  }

  @MessagePattern('device-emulator.start-process')
  async startProcess(
    @Payload() { unit, mm }: Addressed & Request<'device-emulator.start-process'>,
  ): Reply<'device-emulator.start-process'> {
    await this.service.startProcess(unit, mm);
    return {};
  }

  @MessagePattern('device-emulator.hang')
  async hang(@Payload() { device }: Request<'device-emulator.hang'>): Reply<'device-emulator.hang'> {
    await this.service.hang(device);
    return {};
  }

  @MessagePattern('device-emulator.remove')
  async remove(@Payload() { device }: Request<'device-emulator.remove'>): Reply<'device-emulator.remove'> {
    await this.service.remove(device);
    return {};
  }

  @MessagePattern('device-emulator.progress')
  progress(@Payload() { unit }: Addressed): ControlVerbs['device-emulator.progress']['reply'] {
    return this.service.progress(unit);
  }
}
