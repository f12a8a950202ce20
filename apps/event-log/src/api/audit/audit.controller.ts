import { RequestSignal } from '@faultline/runtime';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { readJson } from '../common/kept-files';
import type { OpenRun } from '../runs/open-run';
import { RunParams } from '../runs/run-schemas';
import { RunShelf } from '../runs/run-shelf';
import { AuditDesk } from './audit-desk';
import { AuditQuery, AuditStatus, keptAudit } from './audit-schemas';

@ApiTags('audit')
@Controller('api/runs/:run/audit')
export class AuditController {
  constructor(
    private readonly shelf: RunShelf,
    private readonly desk: AuditDesk,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Whether the record of a run is whole, and whether its invariants hold' })
  @ZodResponse({ status: 200, type: AuditStatus })
  status(
    @Param() { run }: RunParams,
    @Query() { fresh }: AuditQuery,
    @RequestSignal() signal: AbortSignal,
  ): Promise<AuditStatus> {
    return this.shelf.use(run, async (open) => {
      const { position, hash } = await open.reader.head();
      const head = { position, hash: Buffer.from(hash).toString('hex') };
      const isLive = open.id === this.shelf.live;
      const kept = fresh ? undefined : await keptReport(open);
      // What came after the audit that is kept, if anything did, it says nothing about.
      if (kept && kept.lastSequence === position)
        return {
          ...{ run: open.id, source: 'kept', upTo: position, recordedTo: position, complete: true },
          head,
          report: kept,
        };
      const { upTo, recordedTo, report } = await this.desk.advance(open, isLive, signal);
      return {
        ...{ run: open.id, source: 'fresh', upTo, recordedTo, complete: report !== null },
        head,
        report,
      };
    });
  }
}

async function keptReport(run: OpenRun) {
  const kept = keptAudit.safeParse(await readJson(run.folder.summary));
  return kept.success ? kept.data.summary.audit : undefined;
}
