export { LOG_FILE, PROJECTIONS_FILE } from './database';
export * from './errors';
export * from './fault-queries';
export * from './projections';
export { type ChainVerdict, type ReadOptions, RecordReader, type StoredMessage } from './record-reader';
export { RecordWriter, sha256 } from './record-writer';
export * from './summarise';
