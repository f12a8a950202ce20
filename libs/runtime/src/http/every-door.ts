import type { Type } from '@nestjs/common';
import { HealthModule } from '../health/health.controller';
import { MetricsModule } from '../metrics/metrics.controller';

/** What stands behind the door of every service: one list, to which each of them adds one line. */
export const EVERY_DOOR: readonly Type[] = [HealthModule, MetricsModule];
