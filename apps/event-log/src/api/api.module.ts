import { Module } from '@nestjs/common';
import { FaultsController } from './faults/faults.controller';
import { LiveProjection } from './faults/live-projection';
import { LogController } from './log/log.controller';
import { RunShelf } from './runs/run-shelf';
import { RunsController } from './runs/runs.controller';

@Module({
  controllers: [RunsController, FaultsController, LogController],
  providers: [RunShelf, LiveProjection],
})
export class ApiModule {}
