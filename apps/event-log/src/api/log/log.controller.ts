import { RequestSignal } from '@faultline/runtime';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { RunParams } from '../runs/run-schemas';
import { RunShelf } from '../runs/run-shelf';
import { readLog } from './log-pages';
import { LogPage, LogQuery } from './log-schemas';

@ApiTags('log')
@Controller('api/runs/:run/log')
export class LogController {
  constructor(private readonly shelf: RunShelf) {}

  @Get()
  @ApiOperation({ summary: 'Events of a run, in the order of its log' })
  @ZodResponse({ status: 200, type: LogPage })
  page(
    @Param() { run }: RunParams,
    @Query() query: LogQuery,
    @RequestSignal() signal: AbortSignal,
  ): Promise<LogPage> {
    return this.shelf.use(run, (open) => readLog(open, query, signal));
  }
}
