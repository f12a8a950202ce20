import { runService } from '@faultline/runtime';
import { DeviceEmulatorModule } from './device-emulator.module';

void runService('device-emulator', DeviceEmulatorModule);
