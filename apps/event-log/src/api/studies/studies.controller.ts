import type { ServerResponse } from 'node:http';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { CursorInvalid } from '../common/failures';
import { sendReport } from '../common/report-page';
import { StudiesQuery, StudyList, StudyParams } from './study-schemas';
import { StudyShelf } from './study-shelf';

@ApiTags('studies')
@Controller('api/studies')
export class StudiesController {
  constructor(private readonly shelf: StudyShelf) {}

  @Get()
  @ApiOperation({
    summary:
      'The studies in FAULTLINE_STUDIES_DIR, else beside the runs of this service, the latest begun first',
  })
  @ZodResponse({ status: 200, type: StudyList })
  async list(@Query() { limit, cursor }: StudiesQuery): Promise<StudyList> {
    const all = await this.shelf.list();
    const before = cursor === undefined ? -1 : all.findIndex(({ study }) => study === cursor);
    if (cursor !== undefined && before < 0) throw new CursorInvalid(cursor);
    const studies = all.slice(before + 1, before + 1 + limit);
    const isMore = all.length > before + 1 + limit;
    return { studies, nextCursor: isMore ? (studies.at(-1)?.study ?? null) : null };
  }

  @Get(':study/report.html')
  @ApiOperation({ summary: 'The report of a study as a page' })
  @ApiOkResponse({ description: 'the page', content: { 'text/html': { schema: { type: 'string' } } } })
  async page(@Param() { study }: StudyParams, @Res() response: ServerResponse): Promise<void> {
    sendReport(response, await this.shelf.page(study));
  }
}
