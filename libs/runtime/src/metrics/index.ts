export { type MetricDefinition, type MetricName, METRICS } from './catalogue';
export { Meters } from './meters';
export { type Reading, recordReadings, unitReadings, workerReadings } from './readings';
