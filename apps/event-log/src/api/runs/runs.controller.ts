import type { ServerResponse } from 'node:http';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { CursorInvalid, NotInRun } from '../common/failures';
import { run as runName } from '../common/query-parts';
import { sendReport } from '../common/report-page';
import { readJson, readText } from '../common/kept-files';
import { FaultTables } from '../faults/fault-tables';
import { detailOf, entriesOf } from './run-look';
import { Counters, Report, RunDetail, RunList, RunParams, RunsQuery } from './run-schemas';
import { RunShelf } from './run-shelf';

@ApiTags('runs')
@Controller('api/runs')
export class RunsController {
  constructor(
    private readonly shelf: RunShelf,
    private readonly tables: FaultTables,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The runs of this service, newest first' })
  @ZodResponse({ status: 200, type: RunList })
  async list(@Query() { limit, cursor }: RunsQuery): Promise<RunList> {
    const { live } = this.shelf;
    const ids = this.shelf.list();
    if (cursor !== undefined && !runName.safeParse(cursor).success) throw new CursorInvalid(cursor);
    // The run that a cursor names may have been removed: its place is where it would be.
    const rest = cursor === undefined ? ids : ids.filter((id) => id < cursor);
    const shown = rest.slice(0, limit);
    const runs = await entriesOf(
      shown.map((id) => this.shelf.folderOf(id)),
      live,
    );
    return { runs, live: live ?? null, nextCursor: rest.length > limit ? (shown.at(-1) ?? null) : null };
  }

  @Get(':run')
  @ApiOperation({ summary: 'One run: its record, scenario, units and summary' })
  @ZodResponse({ status: 200, type: RunDetail })
  detail(@Param() { run }: RunParams): Promise<RunDetail> {
    return this.shelf.use(run, (open) => detailOf(open, this.shelf.live));
  }

  @Get(':run/counters')
  @ApiOperation({ summary: 'How many events of each kind, and of each kind and cause, a run has' })
  @ZodResponse({ status: 200, type: Counters })
  counters(@Param() { run }: RunParams): Promise<Counters> {
    return this.shelf.use(run, async (open) => {
      await this.tables.refresh(open);
      const queries = await open.queries();
      return { projectedTo: await queries.position(), counters: await queries.counters() };
    });
  }

  @Get(':run/report')
  @ApiOperation({ summary: 'The numbers of the report of a run' })
  @ZodResponse({ status: 200, type: Report })
  async report(@Param() { run }: RunParams): Promise<Report> {
    const folder = this.shelf.find(run);
    const report = await readJson(folder.reportData);
    if (!report) throw new NotInRun(folder.id, 'report');
    return report;
  }

  @Get(':run/report.html')
  @ApiOperation({ summary: 'The report of a run as a page' })
  @ApiOkResponse({ description: 'the page', content: { 'text/html': { schema: { type: 'string' } } } })
  async page(@Param() { run }: RunParams, @Res() response: ServerResponse): Promise<void> {
    const folder = this.shelf.find(run);
    const page = await readText(folder.report);
    if (page === undefined) throw new NotInRun(folder.id, 'report');
    sendReport(response, page);
  }
}
