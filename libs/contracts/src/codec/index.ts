export * from './errors';
export * from './layout';
export { Schema, type SchemaDefinition, type Tagged } from './schema';
