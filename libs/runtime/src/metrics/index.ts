export { type MetricDefinition, type MetricName, METRICS } from './catalogue';
export { Meters } from './meters';
export { queueReadings, type Reading, recordReadings, unitReadings, workerReadings } from './readings';
