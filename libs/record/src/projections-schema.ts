import { EntitySchema } from 'typeorm';
import type { DatabaseDefinition } from './database';
import { CREATE_FAULT_TABLE, FaultEntity } from './fault-table';

/** One count: events of a kind, or of a kind and a cause. */
export interface CounterRow {
  name: string;
  count: number;
}

/** How far the projection is. */
export interface ProgressRow {
  id: number;
  /** Last sequence that is counted and whose settled faults are rows. */
  position: number;
  /** Where reading has to begin after a restart, so that every open fault is seen from its beginning. */
  resumeFrom: number;
  /** Rows of faults that were open when the end was reached. */
  openRows: number;
}

export const CounterEntity = new EntitySchema<CounterRow>({
  name: 'counter',
  columns: { name: { type: 'text', primary: true }, count: { type: 'integer' } },
});

export const ProgressEntity = new EntitySchema<ProgressRow>({
  name: 'progress',
  columns: {
    id: { type: 'integer', primary: true },
    position: { type: 'integer' },
    resumeFrom: { type: 'integer' },
    openRows: { type: 'integer' },
  },
});

/** Everything that is built from the record. */
export const PROJECTION_TABLES = ['fault', 'counter', 'progress'] as const;

/** Statements that empty the projections for a rebuild. */
export const CREATE_PROJECTIONS: readonly string[] = [
  CREATE_FAULT_TABLE,
  'CREATE TABLE counter (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, resumeFrom INTEGER NOT NULL, openRows INTEGER NOT NULL)',
  'INSERT INTO progress VALUES (1, 0, 1, 0)',
];
export const DROP_PROJECTIONS: readonly string[] = PROJECTION_TABLES.map(
  (table) => `DROP TABLE IF EXISTS ${table}`,
);

/** `projections.sqlite`: nothing in it that the record does not give again. */
export const PROJECTIONS_DATABASE: DatabaseDefinition = {
  entities: [FaultEntity, CounterEntity, ProgressEntity],
  steps: [CREATE_PROJECTIONS],
};
