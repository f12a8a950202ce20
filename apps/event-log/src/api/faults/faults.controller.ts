import { eventMicros } from '@faultline/contracts';
import { tracesOf } from '@faultline/record';
import { CurrentEngagement, TRACE_ID } from '@faultline/runtime';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { CursorInvalid, NotInRun } from '../common/failures';
import type { OpenRun } from '../runs/open-run';
import { RunParams } from '../runs/run-schemas';
import { RunShelf } from '../runs/run-shelf';
import { FaultList, FaultParams, FaultsQuery, FaultTimeline } from './fault-schemas';
import { FaultTables } from './fault-tables';

@ApiTags('faults')
@Controller('api/runs/:run/faults')
export class FaultsController {
  constructor(
    private readonly shelf: RunShelf,
    private readonly tables: FaultTables,
    private readonly current: CurrentEngagement,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Faults of a run, by what they were about and how long they took' })
  @ZodResponse({ status: 200, type: FaultList })
  list(@Param() { run }: RunParams, @Query() query: FaultsQuery): Promise<FaultList> {
    const { stage, minMicros, maxMicros, order, ...filter } = query;
    return this.shelf.use(run, async (open) => {
      const positions = await this.positions(open);
      const queries = await open.queries();
      const bounds = { measure: stage, leastMicros: minMicros, mostMicros: maxMicros };
      const page = await queries
        .faults({ ...filter, ...bounds, slowestFirst: order === 'slowest' })
        .catch((error: unknown) => {
          // The limit was looked at before.
          throw error instanceof RangeError ? new CursorInvalid(filter.cursor ?? '') : error;
        });
      const traces = await tracesOf(page.faults, open.reader);
      const faults = page.faults.map((fault, place) => ({ ...fault, traceId: traces[place] ?? null }));
      return { ...positions, ...page, faults };
    });
  }

  @Get(':fault')
  @ApiOperation({ summary: 'One fault, with every event that speaks of it' })
  @ZodResponse({ status: 200, type: FaultTimeline })
  timeline(@Param() { run, fault: id }: FaultParams): Promise<FaultTimeline> {
    return this.shelf.use(run, async (open) => {
      const positions = await this.positions(open);
      const queries = await open.queries();
      const fault = await queries.fault(id);
      if (!fault) throw new NotInRun(open.id, `fault ${id}`);
      const events = await queries.eventsOf(fault, open.reader);
      const [traceId = null] = await tracesOf([fault], open.reader);
      const timed = events.map((each) => ({
        ...each,
        atMicros: eventMicros(each.event) ?? null,
        event: { ...each.event },
      }));
      return {
        ...positions,
        fault: { ...fault, traceId },
        traceUrl: this.viewerOf(traceId),
        events: timed,
      };
    });
  }

  private viewerOf(traceId: string | null): string | null {
    const { traceUrl } = this.current.config;
    return traceId === null || traceUrl === undefined ? null : traceUrl.replaceAll(TRACE_ID, traceId);
  }

  private async positions(run: OpenRun): Promise<{ projectedTo: number; recordedTo: number }> {
    await this.tables.refresh(run);
    const { position } = await run.reader.head();
    return { projectedTo: await (await run.queries()).position(), recordedTo: position };
  }
}
