import { Module } from '@nestjs/common';
import { AuditController } from './audit/audit.controller';
import { AuditDesk } from './audit/audit-desk';
import { FaultsController } from './faults/faults.controller';
import { FaultTables } from './faults/fault-tables';
import { LettersController } from './letters/letters.controller';
import { LaboratoryWatch } from './live/laboratory-watch';
import { LiveController } from './live/live.controller';
import { LiveFeed } from './live/live-feed';
import { LogController } from './log/log.controller';
import { RunShelf } from './runs/run-shelf';
import { RunsController } from './runs/runs.controller';
import { StateController } from './state/state.controller';
import { StateDesk } from './state/state-desk';

@Module({
  controllers: [
    RunsController,
    FaultsController,
    LogController,
    AuditController,
    StateController,
    LiveController,
    LettersController,
  ],
  providers: [RunShelf, FaultTables, AuditDesk, StateDesk, LaboratoryWatch, LiveFeed],
})
export class ApiModule {}
