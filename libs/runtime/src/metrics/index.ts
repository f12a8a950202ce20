export { type MetricDefinition, type MetricName, METRICS } from './catalogue';
export { type Reading, recordReadings, unitReadings, workerReadings } from './readings';
export { type MetricSource, ServiceMetrics } from './service-metrics';
