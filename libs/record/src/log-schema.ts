import type { BatchHeaders } from '@faultline/contracts';
import type { LoggedMessage } from '@faultline/audit';
import { EntitySchema } from 'typeorm';
import type { DatabaseDefinition } from './database';

/** One row of the record: a message as it came, and its place in the hash chain. */
export interface RecordRow extends Omit<BatchHeaders, 'traceparent'> {
  sequence: number;
  subject: string;
  traceparent: string | null;
  body: Buffer;
  /** SHA-256 over the hash before it and the message's canonical bytes. */
  hash: Buffer;
}

/** Where the record ends. Always changed together with the rows, in one transaction. */
export interface HeadRow {
  id: number;
  position: number;
  hash: Buffer;
  rows: number;
  /** Bytes of all bodies. */
  bytes: number;
}

export const RecordEntity = new EntitySchema<RecordRow>({
  name: 'record',
  columns: {
    sequence: { type: 'integer', primary: true },
    subject: { type: 'text' },
    schema: { type: 'text' },
    version: { type: 'integer' },
    unit: { type: 'text' },
    epoch: { type: 'integer' },
    cycle: { type: 'integer' },
    traceparent: { type: 'text', nullable: true },
    body: { type: 'blob' },
    hash: { type: 'blob' },
  },
});

export const HeadEntity = new EntitySchema<HeadRow>({
  name: 'head',
  columns: {
    id: { type: 'integer', primary: true },
    position: { type: 'integer' },
    hash: { type: 'blob' },
    rows: { type: 'integer' },
    bytes: { type: 'integer' },
  },
});

/** Columns in the order in which rows are written. */
export const RECORD_COLUMNS = [
  'sequence',
  'subject',
  'schema',
  'version',
  'unit',
  'epoch',
  'cycle',
  'traceparent',
  'body',
  'hash',
] as const;

/** `log.sqlite`. */
export const LOG_DATABASE: DatabaseDefinition = {
  entities: [RecordEntity, HeadEntity],
  steps: [
    [
      `CREATE TABLE record (sequence INTEGER PRIMARY KEY, subject TEXT NOT NULL, schema TEXT NOT NULL, version INTEGER NOT NULL,
         unit TEXT NOT NULL, epoch INTEGER NOT NULL, cycle INTEGER NOT NULL, traceparent TEXT, body BLOB NOT NULL, hash BLOB NOT NULL)`,
      `CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, hash BLOB NOT NULL, rows INTEGER NOT NULL,
         bytes INTEGER NOT NULL)`,
      `INSERT INTO head VALUES (1, 0, zeroblob(32), 0, 0)`,
    ],
  ],
};

/** The message of a row. */
export function messageOf(row: RecordRow): LoggedMessage {
  const { sequence, subject, schema, version, unit, epoch, cycle, traceparent, body } = row;
  const headers: BatchHeaders = { schema, version, unit, epoch, cycle };
  if (traceparent !== null) headers.traceparent = traceparent;
  return { sequence, subject, headers, body };
}
