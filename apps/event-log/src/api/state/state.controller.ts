import { RequestSignal } from '@faultline/runtime';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { RunShelf } from '../runs/run-shelf';
import { plainView } from './plain-view';
import { StateDesk } from './state-desk';
import { CurrentStateQuery, RunUnitParams, StateQuery, UnitParams, UnitState } from './state-schemas';
import { stateView } from './state-view';

@ApiTags('state')
@Controller('api')
export class StateController {
  constructor(
    private readonly shelf: RunShelf,
    private readonly desk: StateDesk,
  ) {}

  @Get('runs/:run/state/:unit')
  @ApiOperation({
    summary: 'A unit as it was at any moment of a run, folded from what it had written until then',
  })
  @ZodResponse({ status: 200, type: UnitState })
  ofRun(
    @Param() { run, unit }: RunUnitParams,
    @Query() query: StateQuery,
    @RequestSignal() signal: AbortSignal,
  ): Promise<UnitState> {
    return this.shelf.use(run, async (open) => {
      const { folded, at, isWhole, recordedTo } = await this.desk.at(open, unit, query.at, signal);
      const { kind } = folded;
      const shown = plainView(stateView(folded), query);
      return { run: open.id, unit, kind, at, recordedTo, whole: isWhole, path: query.path, ...shown };
    });
  }

  @Get('state/:unit')
  @ApiOperation({ summary: 'The same for the run that is being recorded, or else the newest' })
  @ZodResponse({ status: 200, type: UnitState })
  ofCurrent(
    @Param() { unit }: UnitParams,
    @Query() { run, ...query }: CurrentStateQuery,
    @RequestSignal() signal: AbortSignal,
  ): Promise<UnitState> {
    return this.ofRun({ run: run ?? this.shelf.live ?? 'latest', unit }, query, signal);
  }
}
