export { connectNats, NatsLink, type LinkOptions, type LinkStatus } from './connection';
export { DeadLetterShelf, type KeptLetter } from './dead-letter-shelf';
export {
  AppendImpossible,
  JetStreamMissing,
  JetStreamNotReady,
  NatsUnreachable,
  ReplicasUnavailable,
  StorageUnavailable,
  StreamConfigConflict,
  SubjectsTaken,
  type ConfigDifference,
} from './errors';
export { listLaboratories, removeLab, type LaboratoryInfo, type LaboratoryStream } from './laboratories';
export {
  describeDurability,
  type Durability,
  findProgram,
  foldersOfPath,
  freePorts,
  NatsCluster,
  type NatsClusterOptions,
  NatsServer,
  NatsServerFailed,
  NatsServerMissing,
  type NatsServerOptions,
} from './launcher';
export { NatsLanes } from './nats-lanes';
export { NatsLog, type NatsLogOptions } from './nats-log';
export { jetStreamOf, natsPorts, openKv, type NatsPorts, type NatsPortsOptions } from './nats-ports';
export {
  DEFAULT_ACK_WAIT_MILLIS,
  provision,
  provisionKv,
  type KvBucketOptions,
  type Provisioned,
  type ProvisionOptions,
} from './provision';
export { type QueueDepth, queueDepths } from './queue-depths';
export type { QueueRepair } from './queue-watchdog';
export { RequestFailed, type RequestFailure } from './requests';
export { nowMicros, SystemClock } from './system-clock';
