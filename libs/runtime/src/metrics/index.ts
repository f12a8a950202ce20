export { type MetricDefinition, type MetricName, METRICS } from './catalogue';
export { Meters } from './meters';
export { PathMetrics } from './path-metrics';
export { PortMetrics } from './port-metrics';
export { queueReadings, type Reading, recordReadings, unitReadings, workerReadings } from './readings';
