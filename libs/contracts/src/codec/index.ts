export * from './errors';
export * from './layout';
export { countRecords, Schema, type SchemaDefinition, type Tagged } from './schema';
