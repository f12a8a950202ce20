export {
  type ComparableRun,
  type ComparedRun,
  compareRuns,
  type GroupFigure,
  type RunComparison,
  type RunGroup,
} from './compare/compare-runs';
export { type Difference, differenceWords } from './compare/differences';
export { bottleneckLine } from './bottleneck';
export { reportCsv } from './csv';
export { deviceTable } from './devices';
export { FaultFigures, StageSums } from './fault-figures';
export type { Cell, Column, Figure, LineChart, PointChart, StackChart, Table } from './figure';
export { mmLocksOf, type NamedLock, queueLocksOf } from './machine-locks';
export { type MachineUse, machineUseOf } from './machine-use';
export { type PageParts, renderReport } from './page/page';
export type { LatencyRow, MachineFacts, RunReportData, SlowFault, TotalId, TotalRow } from './report-data';
export { latencyRows, runFigures } from './run-figures';
export { type Topology, topologyOf, type TopologyNode } from './topology';
export { renderStudy } from './study/page/render-study';
export { studyCsv } from './study/study-csv';
export type {
  AggregateCell,
  PublishedAgreement,
  StudyOrigin,
  StudyPointRow,
  StudyReportData,
  StudyRunRow,
} from './study/study-data';
export { studyReport } from './study/study-report';
