import { Controller, Get, Header, Inject, Module } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { CurrentEngagement } from '../current-engagement';
import { ServiceMetrics } from './service-metrics';

/** Metrics for Prometheus, which asks as everybody does: with the token, where there is one. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  private readonly metrics: ServiceMetrics;

  constructor(@Inject(CurrentEngagement) current: CurrentEngagement) {
    this.metrics = new ServiceMetrics(current);
  }

  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  all(): Promise<string> {
    return this.metrics.text();
  }
}

@Module({ controllers: [MetricsController] })
export class MetricsModule {}
