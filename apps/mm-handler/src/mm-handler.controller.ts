import type { Addressed, ControlVerbs } from '@faultline/contracts';
import type { MmCommand } from '@faultline/domain';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { MmHandlerService } from './mm-handler.service';

type Request<Verb extends keyof ControlVerbs> = ControlVerbs[Verb]['request'];
type Reply<Verb extends keyof ControlVerbs> = ControlVerbs[Verb]['reply'];
type Range = Request<'mm-handler.unmap'>;

/**
 * Control plane of the mm shards: what an operating system does to address spaces. What takes something away is answered when its
 * invalidations are complete and the log says so (R122).
 */
@Controller()
export class MmHandlerController {
  constructor(private readonly service: MmHandlerService) {}

  @MessagePattern('mm-handler.create')
  create(@Payload() process: Request<'mm-handler.create'>): Promise<Reply<'mm-handler.create'>> {
    return this.service.create(process);
  }

  @MessagePattern('mm-handler.bind')
  bind(@Payload() { mm, pasid }: Request<'mm-handler.bind'>): Promise<Reply<'mm-handler.bind'>> {
    return this.service.bind(mm, pasid);
  }

  @MessagePattern('mm-handler.rebind')
  rebind(@Payload() { mm, pasid }: Request<'mm-handler.rebind'>): Promise<Reply<'mm-handler.rebind'>> {
    return this.service.rebind(mm, pasid);
  }

  @MessagePattern('mm-handler.unbind')
  async unbind(@Payload() { mm, pasid }: Request<'mm-handler.unbind'>): Promise<Reply<'mm-handler.unbind'>> {
    await this.service.unbind(mm, pasid);
    return {};
  }

  @MessagePattern('mm-handler.exit')
  exit(@Payload() { mm }: Request<'mm-handler.exit'>): Promise<Reply<'mm-handler.exit'>> {
    return this.change('mm-handler.exit', mm, { kind: 'ExitAddressSpace', mm });
  }

  @MessagePattern('mm-handler.unmap')
  unmap(@Payload() range: Request<'mm-handler.unmap'>): Promise<Reply<'mm-handler.unmap'>> {
    return this.change('mm-handler.unmap', range.mm, { kind: 'UnmapVma', ...rangeOf(range) });
  }

  @MessagePattern('mm-handler.protect')
  protect(@Payload() range: Request<'mm-handler.protect'>): Promise<Reply<'mm-handler.protect'>> {
    return this.change('mm-handler.protect', range.mm, {
      kind: 'ProtectVma',
      ...rangeOf(range),
      permissions: range.permissions,
    });
  }

  @MessagePattern('mm-handler.migrate')
  migrate(@Payload() range: Request<'mm-handler.migrate'>): Promise<Reply<'mm-handler.migrate'>> {
    return this.change('mm-handler.migrate', range.mm, { kind: 'MigratePages', ...rangeOf(range) });
  }

  @MessagePattern('mm-handler.reclaim')
  async reclaim(
    @Payload() { shard, pages }: Request<'mm-handler.reclaim'>,
  ): Promise<Reply<'mm-handler.reclaim'>> {
    await this.service.reclaim(shard, pages);
    return {};
  }

  @MessagePattern('mm-handler.progress')
  progress(@Payload() { unit }: Addressed): Reply<'mm-handler.progress'> {
    return this.service.progress(unit);
  }

  private async change(
    verb: keyof ControlVerbs,
    mm: number,
    command: MmCommand,
  ): Promise<Record<string, never>> {
    await this.service.change(verb, mm, command);
    return {};
  }
}

function rangeOf({ mm, startPage, pages }: Range): { mm: number; start: number; end: number } {
  return { mm, start: startPage, end: startPage + pages };
}
