import { type FaultInstants, type FaultMeasures, type FaultRow, measureStages } from '@faultline/audit';
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

/** A fault as it is stored: a {@link FaultRow} laid flat. Stages are not stored, because they follow from the instants. */
export interface FaultRecord {
  segment: number;
  segmentEpoch: number;
  request: number;
  stallRound: number;
  round: number;
  model: string;
  iommu: number;
  device: number;
  pasid: number;
  page: number;
  permissions: number;
  access: number | null;
  groupName: string | null;
  groupId: number;
  queue: string | null;
  code: string;
  settlement: string | null;
  resolution: string | null;
  error: string | null;
  sentAtMicros: number;
  writtenAtMicros: number | null;
  queuedAtMicros: number | null;
  startedAtMicros: number | null;
  handlingAtMicros: number | null;
  handledAtMicros: number | null;
  respondedAtMicros: number | null;
  receivedAtMicros: number | null;
  settledAtMicros: number | null;
  totalMicros: number | null;
  /** Sequences of the messages that tell of it. */
  seqWritten: number | null;
  seqQueued: number | null;
  seqHandled: number | null;
  seqResponded: number | null;
  seqSettled: number | null;
  /** 1 when the log ended before the fault did. Such rows are made anew whenever the log has grown. */
  open: number;
}

type Kind = 'INTEGER' | 'REAL' | 'TEXT';
const KEY = ['segment', 'segmentEpoch', 'request', 'stallRound'];
const columns: Record<keyof FaultRecord, { kind: Kind; nullable?: true }> = {
  segment: { kind: 'INTEGER' },
  segmentEpoch: { kind: 'INTEGER' },
  request: { kind: 'INTEGER' },
  stallRound: { kind: 'INTEGER' },
  round: { kind: 'INTEGER' },
  model: { kind: 'TEXT' },
  iommu: { kind: 'INTEGER' },
  device: { kind: 'INTEGER' },
  pasid: { kind: 'INTEGER' },
  page: { kind: 'INTEGER' },
  permissions: { kind: 'INTEGER' },
  access: { kind: 'INTEGER', nullable: true },
  groupName: { kind: 'TEXT', nullable: true },
  groupId: { kind: 'INTEGER' },
  queue: { kind: 'TEXT', nullable: true },
  code: { kind: 'TEXT' },
  settlement: { kind: 'TEXT', nullable: true },
  resolution: { kind: 'TEXT', nullable: true },
  error: { kind: 'TEXT', nullable: true },
  sentAtMicros: { kind: 'REAL' },
  writtenAtMicros: { kind: 'REAL', nullable: true },
  queuedAtMicros: { kind: 'REAL', nullable: true },
  startedAtMicros: { kind: 'REAL', nullable: true },
  handlingAtMicros: { kind: 'REAL', nullable: true },
  handledAtMicros: { kind: 'REAL', nullable: true },
  respondedAtMicros: { kind: 'REAL', nullable: true },
  receivedAtMicros: { kind: 'REAL', nullable: true },
  settledAtMicros: { kind: 'REAL', nullable: true },
  totalMicros: { kind: 'REAL', nullable: true },
  seqWritten: { kind: 'INTEGER', nullable: true },
  seqQueued: { kind: 'INTEGER', nullable: true },
  seqHandled: { kind: 'INTEGER', nullable: true },
  seqResponded: { kind: 'INTEGER', nullable: true },
  seqSettled: { kind: 'INTEGER', nullable: true },
  open: { kind: 'INTEGER' },
};

/** Names of the columns, in the order in which rows are written. */
export const FAULT_COLUMNS = Object.keys(columns) as (keyof FaultRecord)[];

/** Rows come mostly in the order of their key, so the table itself is the index of it. */
export const CREATE_FAULT_TABLE = `CREATE TABLE fault (${FAULT_COLUMNS.map(
  (name) => `${name} ${columns[name].kind}${columns[name].nullable ? '' : ' NOT NULL'}`,
).join(', ')}, PRIMARY KEY (${KEY.join(', ')})) WITHOUT ROWID`;

/** Made when the projection has caught up: rows go in several times faster without them. */
export const CREATE_FAULT_INDEXES: readonly string[] = ['device', 'pasid', 'page', 'code', 'totalMicros'].map(
  (name) => `CREATE INDEX IF NOT EXISTS fault_${name} ON fault (${name})`,
);

const TYPEORM_TYPES = { INTEGER: 'integer', REAL: 'real', TEXT: 'text' } as const;

export const FaultEntity = new EntitySchema<FaultRecord>({
  name: 'fault',
  columns: Object.fromEntries(
    FAULT_COLUMNS.map((name): [string, EntitySchemaColumnOptions] => {
      const { kind, nullable } = columns[name];
      return [name, { type: TYPEORM_TYPES[kind], nullable: nullable ?? false, primary: KEY.includes(name) }];
    }),
  ) as Record<keyof FaultRecord, EntitySchemaColumnOptions>,
});

/** Appends the values of a row, in the order of the columns. */
export function pushValues(values: unknown[], row: FaultRow, open: boolean): void {
  const { instants, sequences } = row;
  values.push(
    row.segment,
    row.segmentEpoch,
    row.request,
    row.model === 'stall' ? row.round : 0,
    row.round,
    row.model,
    row.iommu,
  );
  values.push(
    row.device,
    row.pasid,
    row.page,
    row.permissions,
    row.access,
    row.group,
    row.groupId,
    row.queue,
  );
  values.push(row.code, row.settlement, row.resolution, row.error);
  values.push(
    instants.sentAtMicros,
    instants.writtenAtMicros,
    instants.queuedAtMicros,
    instants.startedAtMicros,
  );
  values.push(
    instants.handlingAtMicros,
    instants.handledAtMicros,
    instants.respondedAtMicros,
    instants.receivedAtMicros,
  );
  values.push(instants.settledAtMicros, row.totalMicros);
  values.push(
    sequences.written,
    sequences.queued,
    sequences.handled,
    sequences.responded,
    sequences.settled,
    open ? 1 : 0,
  );
}

/** Columns that {@link measuresOf} needs. */
export const MEASURE_COLUMNS = [
  'model',
  'iommu',
  'device',
  'queue',
  'code',
  'settlement',
  'sentAtMicros',
  'writtenAtMicros',
  'queuedAtMicros',
  'startedAtMicros',
  'handlingAtMicros',
  'handledAtMicros',
  'respondedAtMicros',
  'receivedAtMicros',
  'settledAtMicros',
] as const satisfies readonly (keyof FaultRecord)[];

/** What is measured of a fault, from part of its row. */
export function measuresOf(record: Pick<FaultRecord, (typeof MEASURE_COLUMNS)[number]>): FaultMeasures {
  const instants = instantsOf(record);
  return {
    iommu: record.iommu,
    device: record.device,
    queue: record.queue,
    code: record.code as FaultRow['code'],
    settlement: record.settlement as FaultRow['settlement'],
    instants,
    ...measureStages(instants, record.model as FaultRow['model']),
  };
}

const instantsOf = (record: FaultInstants): FaultInstants => ({
  sentAtMicros: record.sentAtMicros,
  writtenAtMicros: record.writtenAtMicros,
  queuedAtMicros: record.queuedAtMicros,
  startedAtMicros: record.startedAtMicros,
  handlingAtMicros: record.handlingAtMicros,
  handledAtMicros: record.handledAtMicros,
  respondedAtMicros: record.respondedAtMicros,
  receivedAtMicros: record.receivedAtMicros,
  settledAtMicros: record.settledAtMicros,
});

/** The row as it was assembled. */
export function faultOf(record: FaultRecord): FaultRow {
  const { segment, segmentEpoch, request, stallRound } = record;
  const instants = instantsOf(record);
  return {
    id: `${segment}.${segmentEpoch}.${request}${stallRound > 0 ? `.${stallRound}` : ''}`,
    segment,
    segmentEpoch,
    request,
    round: record.round,
    model: record.model as FaultRow['model'],
    iommu: record.iommu,
    device: record.device,
    pasid: record.pasid,
    page: record.page,
    permissions: record.permissions,
    access: record.access,
    group: record.groupName,
    groupId: record.groupId,
    queue: record.queue,
    code: record.code as FaultRow['code'],
    settlement: record.settlement as FaultRow['settlement'],
    resolution: record.resolution as FaultRow['resolution'],
    error: record.error as FaultRow['error'],
    instants,
    ...measureStages(instants, record.model as FaultRow['model']),
    sequences: {
      written: record.seqWritten,
      queued: record.seqQueued,
      handled: record.seqHandled,
      responded: record.seqResponded,
      settled: record.seqSettled,
    },
    complete: record.settledAtMicros !== null,
  };
}
