import { UnitService } from '@faultline/runtime';
import { Module } from '@nestjs/common';
import { DeviceEmulatorController } from './device-emulator.controller';
import { DeviceEmulatorService } from './device-emulator.service';

@Module({
  controllers: [DeviceEmulatorController],
  providers: [DeviceEmulatorService, { provide: UnitService, useExisting: DeviceEmulatorService }],
})
export class DeviceEmulatorModule {}
