import type { ServerResponse } from 'node:http';
import { Controller, Get, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CurrentEngagement } from '../current-engagement';
import { type Health, healthOf } from './health';

/** Probes. `live`: the process answers at all. `ready`: it can do its work, else 503 with the reason. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(@Inject(CurrentEngagement) private readonly current: CurrentEngagement) {}

  @Get('live')
  live(): { live: true } {
    return { live: true };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<Health> {
    const health = await healthOf(this.current);
    if (!health.ready) response.statusCode = HttpStatus.SERVICE_UNAVAILABLE;
    return health;
  }
}

@Module({ controllers: [HealthController] })
export class HealthModule {}
